/** Which credentials are for which image: Kubernetes pull secrets and the `auths` of Docker's config.json. */
import { createHmac, randomBytes } from 'node:crypto';
import type { Credential, Keyring } from './credentials.ts';
import { CredentialFileError, parseDockerConfig, type ConfigFormat, type Entry } from './docker-config.ts';
import { globMatches } from './glob.ts';

/** One secret or file with credentials. */
export interface CredentialFile {
  /** How it is called in errors: `secret ci/registry`. Never what is in it. */
  source: string;
  format: ConfigFormat;
  text: string;
}

/** Never leaves this process: so scopes say nothing about the credentials they were made from. */
const SALT = randomBytes(32);

/**
 * The credentials of several secrets or files. For one image the longest matching path comes first; of equals, the
 * one of the earlier file.
 *
 * @throws {CredentialFileError} naming the file that cannot be read
 * @see https://kubernetes.io/docs/concepts/containers/images/#config-json
 * @example keyringOf([{ source: 'secret ci/registry', format: 'dockerconfigjson', text }])
 */
export function keyringOf(files: readonly CredentialFile[]): Keyring {
  const entries = files.flatMap(({ source, format, text }) => parseDockerConfig(text, format, source));
  if (entries.length > MAX_ENTRIES) {
    const sources = [...new Set(files.map(({ source }) => source))].join(', ');
    const why = `${sources}: ${entries.length} registries, more than ${MAX_ENTRIES}; name fewer pull secrets`;
    throw new CredentialFileError(why);
  }
  const scope =
    entries.length === 0
      ? 'anonymous'
      : createHmac('sha256', SALT).update(JSON.stringify(entries)).digest('hex');
  return {
    scope,
    find: (host, repository) => Promise.resolve(matching(entries, host, repository)),
  };
}

/** With each of them the name of each image is compared. */
const MAX_ENTRIES = 512;

/** No credentials at all. */
export const anonymous: Keyring = { scope: 'anonymous', find: () => Promise.resolve([]) };

/** Those that are for a repository, the most particular first. */
export function matching(entries: readonly Entry[], host: string, repository: string): Credential[] {
  return entries
    .filter(({ key }) => matches(key, host, repository))
    .toSorted((a, b) => b.key.path.length - a.key.path.length || stars(a) - stars(b))
    .slice(0, MAX_TRIED)
    .map(({ credential }) => credential);
}

/** Each of them is a question to the registry. */
const MAX_TRIED = 16;

const stars = ({ key }: Pick<Entry, 'key'>): number => key.host.split('*').length - 1;

/** A longer key is no registry: a name of the DNS has 253 characters, and a port at most five. */
const MAX_HOST = 259;
/** A part of a name has 63 characters. With more stars than these nobody means a registry. */
const MAX_STARS = 8;

/** As the kubelet has it: the same number of labels, each by its pattern, the same port, and the path a prefix. */
function matches(key: Entry['key'], host: string, repository: string): boolean {
  if (key.host.length > MAX_HOST || stars({ key }) > MAX_STARS) return false;
  const [wanted, wantedPort] = hostAndPort(host === 'docker.io' ? 'index.docker.io' : host);
  const [pattern, port] = hostAndPort(key.host === 'docker.io' ? 'index.docker.io' : key.host);
  const patterns = pattern.split('.');
  const labels = wanted.split('.');
  return (
    port === wantedPort &&
    patterns.length === labels.length &&
    patterns.every((each, index) => globMatches(each, labels[index] ?? '')) &&
    `/${repository}`.startsWith(key.path)
  );
}

function hostAndPort(text: string): [string, string] {
  const [, host = text, port = ''] = /^(.*?)(?::(\d+))?$/.exec(text) ?? [];
  return [host.toLowerCase(), port];
}
