/** The credentials of `docker login`: Docker's config.json and the helpers that it names. */
import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { type Credential, type Keyring } from '../../shared/image/credentials.ts';
import {
  CredentialFileError,
  parseDockerConfig,
  parseObject,
  type Entry,
} from '../../shared/image/docker-config.ts';

/** A helper may ask a person to unlock a key ring; it is not waited for for ever, ms. */
const PATIENCE = 30_000;
/** How Docker calls its own registry where it keeps credentials. */
const DOCKER_HUB = 'https://index.docker.io/v1/';

/**
 * @param env - `DOCKER_CONFIG` names the directory of config.json; default `~/.docker`
 * @param warn - hears what cannot be used of it. As for docker that keeps nobody from a public image.
 * @see https://docs.docker.com/reference/cli/docker/login/#credential-stores
 */
export async function dockerKeyring(
  env: Readonly<Record<string, string | undefined>>,
  warn: (line: string) => void = (line) => void process.stderr.write(`warning: ${line}\n`),
): Promise<Keyring> {
  // As for docker, an empty one is none: the current folder is nobody's configuration.
  const path = join(env['DOCKER_CONFIG'] || join(homedir(), '.docker'), 'config.json');
  const text = await readFile(path, 'utf8').catch(() => undefined);
  const config = orNothing(
    () => (text === undefined || text.trim() === '' ? {} : parseObject(text, path)),
    warn,
  );
  const auths = JSON.stringify({ auths: config['auths'] ?? {} });
  const entries = parseDockerConfig(auths, 'dockerconfigjson', path, ({ message }) => warn(message));
  const known = new Map<string, Promise<readonly Credential[]>>();
  return {
    // Everything in the cache of this user was told to this user.
    scope: 'local',
    async find(host, repository) {
      const helper = helperFor(host, config);
      if (helper === undefined) return forHost(entries, host, repository);
      const asked = known.get(host) ?? askHelper(helper, host, warn);
      known.set(host, asked);
      const found = await asked;
      return found.length > 0 ? found : forHost(entries, host, repository);
    },
  };
}

/**
 * As docker has it: those of the registry itself, else those whose address is on its host, whatever path is behind it.
 * Podman writes paths, so the one that the repository is below comes first.
 */
function forHost(entries: readonly Entry[], host: string, repository: string): Credential[] {
  const hosts = host === 'docker.io' ? ['index.docker.io', 'docker.io'] : [host];
  const there = entries
    .filter(({ key }) => hosts.includes(key.host))
    .toSorted((a, b) => b.key.path.length - a.key.path.length);
  const best = there.filter(({ key }) => `/${repository}/`.startsWith(`${key.path.replace(/\/$/, '')}/`));
  return (best.length > 0 ? best : there).map(({ credential }) => credential);
}

function helperFor(host: string, config: Record<string, unknown>): string | undefined {
  const helpers = config['credHelpers'];
  const names = host === 'docker.io' ? [DOCKER_HUB, host, 'index.docker.io'] : [host];
  const own: unknown =
    typeof helpers === 'object' && helpers !== null
      ? names.map((name): unknown => Reflect.get(helpers, name)).find((each) => each !== undefined)
      : undefined;
  const helper = own ?? config['credsStore'];
  // It becomes a part of the name of a program.
  return typeof helper === 'string' && /^[\w.-]+$/.test(helper) ? helper : undefined;
}

function orNothing(
  read: () => Record<string, unknown>,
  warn: (line: string) => void,
): Record<string, unknown> {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof CredentialFileError)) throw error;
    warn(`${error.message}; going on without credentials`);
    return {};
  }
}

/** Who has nothing to give says so by failing; what it prints then may be anything, and is not shown. */
async function askHelper(
  helper: string,
  host: string,
  warn: (line: string) => void,
): Promise<readonly Credential[]> {
  const program = `docker-credential-${helper}`;
  const { stdout, failed, code } = await execa(program, ['get'], {
    input: host === 'docker.io' ? DOCKER_HUB : host,
    reject: false,
    timeout: PATIENCE,
    stderr: 'ignore',
  });
  if (code === 'ENOENT') warn(`${program}, which config.json names for ${host}, is not in PATH; install it`);
  if (failed) return [];
  const answer = orNothing(() => parseObject(stdout, `the answer of ${program}`), warn);
  const [username, secret] = [answer['Username'], answer['Secret']];
  if (typeof username !== 'string' || typeof secret !== 'string' || secret === '') return [];
  return username === '<token>'
    ? [{ source: program, kind: 'identity', token: secret }]
    : [{ source: program, kind: 'basic', username, password: secret }];
}
