/** How registries are reached: the options of every command that looks images up, and their variables. */
import { readFile } from 'node:fs/promises';
import { UsageError } from '../turn/errors.ts';
import type { Registries, RegistrySettings } from './settings.ts';

export const registryOptions = {
  'insecure-registry': {
    type: 'string',
    array: true,
    default: [] as string[],
    describe: 'HOST[:PORT] of a registry that speaks plain http (TASKFLOW_INSECURE_REGISTRY)',
  },
  'registry-ca': {
    type: 'string',
    array: true,
    default: [] as string[],
    describe: 'HOST[:PORT]=FILE, certificates to trust for a registry (TASKFLOW_REGISTRY_CA)',
  },
  'registry-mirror': {
    type: 'string',
    array: true,
    default: [] as string[],
    describe: 'HOST[:PORT]=URL, asked before a registry (TASKFLOW_REGISTRY_MIRROR)',
  },
} as const;

/** Their values. */
export interface RegistryArguments {
  insecureRegistry: readonly string[];
  registryCa: readonly string[];
  registryMirror: readonly string[];
}

/**
 * @param env - its lists are separated by commas; an option outranks them
 * @throws {UsageError}
 */
export async function readRegistries(
  { insecureRegistry, registryCa, registryMirror }: RegistryArguments,
  env: Readonly<Record<string, string | undefined>>,
): Promise<Registries> {
  const registries = new Map<string, RegistrySettings>();
  const add = (host: string, settings: RegistrySettings): void =>
    void registries.set(host, { ...registries.get(host), ...settings });
  const both = (name: string, given: readonly string[]): string[] => [...fromEnv(env[name]), ...given];

  for (const host of both('TASKFLOW_INSECURE_REGISTRY', insecureRegistry)) {
    add(readHost(host, `--insecure-registry needs HOST[:PORT], not "${host}"`), { plainHttp: true });
  }
  for (const pair of both('TASKFLOW_REGISTRY_CA', registryCa)) {
    const [host, file] = split(pair, '--registry-ca', 'FILE');
    add(host, { ca: await readCertificates(file) });
  }
  for (const pair of both('TASKFLOW_REGISTRY_MIRROR', registryMirror)) {
    const [host, mirror] = split(pair, '--registry-mirror', 'URL');
    if (!/^https?:\/\/[^/@]+\/?$/.test(mirror)) {
      throw new UsageError(`--registry-mirror ${host}: write the mirror as https://HOST[:PORT]`);
    }
    add(host, { mirror });
  }
  return registries;
}

function fromEnv(text = ''): string[] {
  return text
    .split(',')
    .map((each) => each.trim())
    .filter((each) => each !== '');
}

function split(pair: string, option: string, value: string): [string, string] {
  const equals = pair.indexOf('=');
  const wrong = `${option} needs HOST[:PORT]=${value}`;
  if (equals < 1 || equals === pair.length - 1) throw new UsageError(wrong);
  return [readHost(pair.slice(0, equals), wrong), pair.slice(equals + 1)];
}

/** @throws {UsageError} which says what is wrong */
export function readHost(text: string, wrong: string): string {
  if (!/^(?:[\w.-]+|\[[\da-f:]+\])(?::\d+)?$/i.test(text)) throw new UsageError(wrong);
  return text;
}

async function readCertificates(file: string): Promise<string> {
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw new UsageError(`--registry-ca ${file} cannot be read: ${error.code}`);
  });
  if (!text.includes('-----BEGIN CERTIFICATE-----')) {
    throw new UsageError(`--registry-ca ${file} has no certificate in PEM`);
  }
  return text;
}
