/** Credentials from a program: `users[].user.exec`. */
import { resolve } from 'node:path';
import { codeOf } from '../credentials/in-cluster.ts';
import { CredentialsError } from '../errors.ts';
import { isObject } from '../http/status.ts';
import { text } from './fields.ts';
import type { Section } from './file.ts';

const VERSIONS = ['client.authentication.k8s.io/v1', 'client.authentication.k8s.io/v1beta1'];
/** Time for one run; a program that asks a person for something is not for a controller. */
const RUN_TIME = 60_000;
/** What expires within this time, ms, is got anew: it also has to reach the server. */
const MARGIN = 10_000;

export interface Issued {
  token?: string;
  cert?: string;
  key?: string;
}

/** How the program of a user is called. */
interface Plugin {
  where: string;
  apiVersion: string;
  command: string;
  args: readonly string[];
  env: Readonly<Record<string, string>>;
  /** The cluster, for programs that want to know it. */
  cluster: object | undefined;
  installHint: string | undefined;
}

/** What the program last gave, until it expires or is refused. */
export interface Issuer {
  issue(): Promise<Issued>;
  forget(): void;
}

/**
 * @param section - `users[].user.exec`
 * @param cluster - what the program is told of it with `provideClusterInfo`
 * @throws {CredentialsError}
 * @see https://kubernetes.io/docs/reference/access-authn-authz/authentication/#client-go-credential-plugins
 */
export function execIssuer(section: Section, cluster: object): Issuer {
  const plugin = readPlugin(section, cluster);
  let held: { issued: Issued; until: number } | undefined;
  return {
    async issue() {
      if (held === undefined || Date.now() > held.until) held = await run(plugin);
      return held.issued;
    },
    forget() {
      held = undefined;
    },
  };
}

function readPlugin(section: Section, cluster: object): Plugin {
  const { where, directory, fields } = section;
  const apiVersion = text(section, 'apiVersion') ?? '';
  if (!VERSIONS.includes(apiVersion)) {
    throw new CredentialsError(`${where}.apiVersion is not ${VERSIONS.join(' or ')}`);
  }
  const command = text(section, 'command');
  if (command === undefined) throw new CredentialsError(`${where}.command is missing`);
  if (text(section, 'interactiveMode') === 'Always') {
    throw new CredentialsError(
      `${where}.interactiveMode is Always, but there is nobody here to ask; use another user`,
    );
  }
  const { args = [], env = [], provideClusterInfo = false } = fields;
  const list: unknown = args ?? [];
  if (!isStrings(list)) throw new CredentialsError(`${where}.args is not a list of strings`);
  return {
    where,
    apiVersion,
    args: list,
    env: readEnv(where, env ?? []),
    // A name is looked for in PATH, a path is relative to the kubeconfig.
    command: command.includes('/') ? resolve(directory, command) : command,
    cluster: provideClusterInfo === true ? cluster : undefined,
    installHint: text(section, 'installHint'),
  };
}

function readEnv(where: string, env: unknown): Record<string, string> {
  if (!Array.isArray(env)) throw new CredentialsError(`${where}.env is not a list`);
  return Object.fromEntries(
    env.map((entry: unknown, index): [string, string] => {
      const { name, value } = isObject(entry) ? entry : {};
      if (typeof name === 'string' && typeof value === 'string') return [name, value];
      throw new CredentialsError(`${where}.env[${index}] is not a name with a value, both strings`);
    }),
  );
}

async function run(plugin: Plugin): Promise<{ issued: Issued; until: number }> {
  const { where, apiVersion, command, args, env, cluster, installHint } = plugin;
  const { execa } = await import('execa');
  const info = {
    apiVersion,
    kind: 'ExecCredential',
    spec: { interactive: false, ...(cluster && { cluster }) },
  };
  const result = await execa(command, args, {
    env: { ...env, KUBERNETES_EXEC_INFO: JSON.stringify(info) },
    // What it tells a person is passed on; what it gives is a secret.
    stdio: ['ignore', 'pipe', 'inherit'],
    timeout: RUN_TIME,
    reject: false,
    maxBuffer: 1024 * 1024,
  });
  if (result.failed) {
    const why = result.timedOut
      ? `was not done in ${RUN_TIME / 1000} s`
      : result.exitCode === undefined
        ? `cannot be run, or was stopped (${result.signal ?? codeOf(result.cause)})`
        : `failed with exit code ${result.exitCode}`;
    const hint = installHint === undefined ? '' : `; ${installHint.trim()}`;
    throw new CredentialsError(`${where}.command: ${command} ${why}${hint}`);
  }
  return readCredential(plugin, result.stdout);
}

function readCredential(
  { where, command, apiVersion }: Plugin,
  output: string,
): { issued: Issued; until: number } {
  const wrong = (what: string): CredentialsError =>
    new CredentialsError(`${where}.command: what ${command} printed is no ExecCredential: ${what}`);
  let value: unknown;
  try {
    value = JSON.parse(output);
  } catch {
    // Without what JSON.parse says, since that quotes it.
    throw wrong('it is no JSON');
  }
  if (!isObject(value) || value['kind'] !== 'ExecCredential') throw wrong('kind is not ExecCredential');
  if (value['apiVersion'] !== apiVersion)
    throw wrong(`apiVersion is not ${apiVersion}, as the kubeconfig has it`);
  const { status } = value;
  if (!isObject(status)) throw wrong('it has no status');
  const { token, clientCertificateData: cert, clientKeyData: key, expirationTimestamp } = status;
  const issued: Issued = {
    ...(typeof token === 'string' && token !== '' && { token }),
    ...(typeof cert === 'string' && typeof key === 'string' && { cert, key }),
  };
  if ((cert === undefined) !== (key === undefined))
    throw wrong('clientCertificateData and clientKeyData go together');
  if (Object.keys(issued).length === 0) throw wrong('status has neither a token nor a certificate');
  const expires = typeof expirationTimestamp === 'string' ? Date.parse(expirationTimestamp) : Infinity;
  if (Number.isNaN(expires)) throw wrong('expirationTimestamp is no time');
  return { issued, until: expires - MARGIN };
}

function isStrings(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'string');
}
