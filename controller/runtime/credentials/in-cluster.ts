/** The credentials that every pod with a service account has. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { refreshing, type Access } from '../credentials.ts';
import { CredentialsError } from '../errors.ts';

/** Where the kubelet puts them. */
const SERVICE_ACCOUNT = '/var/run/secrets/kubernetes.io/serviceaccount';

interface InCluster {
  directory?: string;
  env?: Readonly<Record<string, string | undefined>>;
  /** How long what was read is used before it is read again, ms. Default: 10 s. */
  lifetime?: number;
}

/**
 * The cluster that this process runs in. The kubelet replaces the token before it expires, so it is read again.
 *
 * @throws {CredentialsError} when this is no pod, or a pod without a service account token
 * @see https://kubernetes.io/docs/tasks/run-application/access-api-from-pod/#directly-accessing-the-rest-api
 */
export async function inCluster({
  directory = SERVICE_ACCOUNT,
  env = process.env,
  lifetime,
}: InCluster = {}): Promise<Access> {
  const host = env['KUBERNETES_SERVICE_HOST'];
  const port = env['KUBERNETES_SERVICE_PORT'] ?? '443';
  if (host === undefined || host === '') {
    throw new CredentialsError(
      'this is no pod of a cluster: KUBERNETES_SERVICE_HOST is not set; give --kubeconfig',
    );
  }
  const address = `https://${host.includes(':') ? `[${host}]` : host}:${port}`;
  if (!URL.canParse(address)) {
    throw new CredentialsError(
      `KUBERNETES_SERVICE_HOST ${host} and KUBERNETES_SERVICE_PORT ${port} make no address; the kubelet sets them, so do not override them`,
    );
  }
  const read = async (name: string): Promise<string> => readNonEmpty(join(directory, name));
  const credentials = refreshing(
    async () => {
      const [token, ca] = await Promise.all([read('token'), read('ca.crt')]);
      return { authorization: `Bearer ${token}`, tls: { ca } };
    },
    { lifetime },
  );
  // At the start rather than with the first request.
  const [namespace] = await Promise.all([read('namespace'), credentials.credentials()]);
  return { server: new URL(address), source: directory, namespace, ...credentials };
}

async function readNonEmpty(file: string): Promise<string> {
  let text: string;
  try {
    text = (await readFile(file, 'utf8')).trim();
  } catch (error) {
    throw new CredentialsError(
      `${file} cannot be read (${codeOf(error)}); the pod needs a service account, and automountServiceAccountToken not false`,
      { cause: error },
    );
  }
  if (text === '') throw new CredentialsError(`${file} is empty; the kubelet should have filled it`);
  return text;
}

/** @example codeOf(error) // 'ENOENT' */
export function codeOf(error: unknown): string {
  const code: unknown = error instanceof Error ? Reflect.get(error, 'code') : undefined;
  return typeof code === 'string' ? code : 'no reason given';
}
