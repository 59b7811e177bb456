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
 * The credentials of several secrets or files, matched and in the order of the kubelet; of equals, the one of the
 * earlier file comes first.
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

/**
 * Those that are for a repository, in the kubelet's order: host and path as one text, from the last to the first, so that of
 * two paths the longer comes first, and a host before a pattern.
 *
 * @see https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/credentialprovider/keyring.go
 */
function matching(entries: readonly Entry[], host: string, repository: string): Credential[] {
  const found = entries
    .filter(({ key }) => matches(key, host, repository))
    .toSorted((a, b) => compare(nameOf(b), nameOf(a)));
  // By the name that Docker has for its own registry, when there are none by the other.
  const hub = ({ key }: Entry): boolean => key.host === 'index.docker.io' && key.path === '';
  const all = found.length === 0 && host === 'docker.io' ? entries.filter(hub) : found;
  return all.slice(0, MAX_TRIED).map(({ credential }) => credential);
}

/** Each of them is a question to the registry. */
const MAX_TRIED = 16;

const nameOf = ({ key }: Entry): string => key.host + key.path;
const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** A longer key is no registry: a name of the DNS has 253 characters, and a port at most five. */
const MAX_HOST = 259;
/** A part of a name has 63 characters. With more stars than these nobody means a registry. */
const MAX_STARS = 8;

/** The same number of labels, each by its pattern, the same port, and the path a prefix. */
function matches(key: Entry['key'], host: string, repository: string): boolean {
  if (key.host.length > MAX_HOST || key.host.split('*').length > MAX_STARS + 1) return false;
  const [wanted, wantedPort] = hostAndPort(host);
  const [pattern, port] = hostAndPort(key.host);
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
  const [, host = text, port = ''] = /^(.*?)(?::(\d*))?$/.exec(text) ?? [];
  return [host, port];
}
