/** The credentials that the node would pull a Task's images with. */
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
  const secrets = await Promise.all(
    names.map((name) => found(client.get<Secret>(SECRETS, { namespace, name }, { signal }))),
  );
  return keyringOf(secrets.flatMap((secret) => (secret === undefined ? [] : credentialsIn(secret))));
}

function credentialsIn({ metadata, type = '', data = {} }: Secret): CredentialFile[] {
  const known = Object.hasOwn(FORMATS, type) ? FORMATS[type as keyof typeof FORMATS] : undefined;
  const text = known && data[known.key];
  if (known === undefined || text === undefined) return [];
  const source = `secret ${metadata.namespace}/${metadata.name}`;
  return [{ source, format: known.format, text: Buffer.from(text, 'base64').toString('utf8') }];
}
