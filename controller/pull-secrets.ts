/** The credentials that the node would pull a Task's images with. */
import { CredentialFileError } from '../shared/image/docker-config.ts';
import { type CredentialFile, keyringOf } from '../shared/image/keyring.ts';
import type { Keyring } from '../shared/image/credentials.ts';
import type { ApiClient } from './runtime/client.ts';
import { ApiError } from './runtime/errors.ts';
import { SECRETS, SERVICE_ACCOUNTS, type KubeObject } from './runtime/objects.ts';
import type { StoredTask } from './stored-task.ts';

interface Secret extends KubeObject {
  type?: string;
  data?: Record<string, string>;
}

interface ServiceAccount extends KubeObject {
  imagePullSecrets?: { name?: string }[];
}

/** The types of pull secrets, and where each has its text. */
const FORMATS = {
  'kubernetes.io/dockerconfigjson': { key: '.dockerconfigjson', format: 'dockerconfigjson' },
  'kubernetes.io/dockercfg': { key: '.dockercfg', format: 'dockercfg' },
} as const satisfies Record<string, { key: string; format: CredentialFile['format'] }>;

/**
 * As for the kubelet: the pod's own pull secrets, or those of its service account when it has none; one that does not
 * exist, or is of another type, is passed over. Secrets are read by name only, one by one.
 *
 * @throws {ApiError} @throws {CredentialFileError} naming the secret, never what is in it
 */
export async function pullKeyring(
  task: StoredTask,
  client: Pick<ApiClient, 'get'>,
  signal: AbortSignal,
): Promise<Keyring> {
  const { namespace = 'default' } = task.metadata;
  const { imagePullSecrets: own = [], serviceAccountName = 'default' } = task.spec.podTemplate ?? {};
  const found = async <T extends KubeObject>(get: Promise<T>): Promise<T | undefined> =>
    get.catch((error: unknown) => {
      if (error instanceof ApiError && error.status === 404) return undefined;
      throw error;
    });

  const account =
    own.length > 0
      ? undefined
      : await found(
          client.get<ServiceAccount>(SERVICE_ACCOUNTS, { namespace, name: serviceAccountName }, { signal }),
        );
  const names = (own.length > 0 ? own : (account?.imagePullSecrets ?? [])).flatMap(({ name }) => name ?? []);
  if (names.length > MAX_SECRETS)
    throw new CredentialFileError(
      `${names.length} pull secrets, more than ${MAX_SECRETS}; name fewer of them`,
    );
  const files: CredentialFile[] = [];
  let size = 0;
  // One after the other: each may have a megabyte.
  for (const name of names) {
    const secret = await found(client.get<Secret>(SECRETS, { namespace, name }, { signal }));
    const own = secret === undefined ? [] : credentialsIn(secret);
    for (const { source, text } of own) {
      size += text.length;
      if (size > MAX_SIZE)
        throw new CredentialFileError(
          `${source}: the pull secrets have more than ${MAX_SIZE} bytes together`,
        );
    }
    files.push(...own);
  }
  return keyringOf(files);
}

/** What the pull secrets of one Task may be: more is not credentials. */
const MAX_SECRETS = 32;
/** Characters. */
const MAX_SIZE = 1024 * 1024;

function credentialsIn({ metadata, type = '', data = {} }: Secret): CredentialFile[] {
  const known = Object.hasOwn(FORMATS, type) ? FORMATS[type as keyof typeof FORMATS] : undefined;
  const text = known && data[known.key];
  if (known === undefined || text === undefined) return [];
  const source = `secret ${metadata.namespace}/${metadata.name}`;
  return [{ source, format: known.format, text: Buffer.from(text, 'base64').toString('utf8') }];
}
