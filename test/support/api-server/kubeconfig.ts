import { writeFile } from 'node:fs/promises';

export interface KubeconfigOptions {
  url: string;
  token?: string | undefined;
  namespace?: string | undefined;
  /** PEM of the authority, for a server with TLS. */
  authority?: string | undefined;
}

/** Writes the file by which clients find a server; JSON is YAML too. */
export async function writeKubeconfig(
  path: string,
  { url, token, namespace, authority }: KubeconfigOptions,
): Promise<void> {
  const name = 'test';
  const ca = authority && { 'certificate-authority-data': Buffer.from(authority).toString('base64') };
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': name,
    clusters: [{ name, cluster: { server: url, ...ca } }],
    users: [{ name, user: token === undefined ? {} : { token } }],
    contexts: [
      { name, context: { cluster: name, user: name, ...(namespace !== undefined && { namespace }) } },
    ],
  };
  await writeFile(path, JSON.stringify(config, undefined, 2), { mode: 0o600 });
}
