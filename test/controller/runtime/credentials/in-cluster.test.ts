import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type Access } from '../../../../controller/runtime/credentials.ts';
import { inCluster } from '../../../../controller/runtime/credentials/in-cluster.ts';
import { PODS } from '../../../../controller/runtime/objects.ts';
import { clientOf, failure } from '../../../support/api-clients.ts';
import { makeCertificates } from '../../../support/certificates.ts';
import { scratch } from '../../../support/scratch.ts';
import { object, startScriptedApi, type ScriptedApi } from '../../../support/scripted-api.ts';
import { readFile } from 'node:fs/promises';

const REF = { namespace: 'default', name: 'a' };

/** The files that a kubelet puts there. */
async function serviceAccount(files: Record<string, string> = {}): Promise<string> {
  const directory = await scratch();
  const all = { token: 'token-1\n', 'ca.crt': 'the authority', namespace: 'taskflow-system', ...files };
  for (const [name, content] of Object.entries(all)) await writeFile(join(directory, name), content);
  return directory;
}

/** As the kubelet does it. */
async function replace(directory: string, name: string, content: string): Promise<void> {
  await writeFile(join(directory, `.${name}`), content);
  await rename(join(directory, `.${name}`), join(directory, name));
}

const env = { KUBERNETES_SERVICE_HOST: '10.96.0.1', KUBERNETES_SERVICE_PORT: '6443' };

describe('a pod', () => {
  it.each([
    ['10.96.0.1', '443', 'https://10.96.0.1/'],
    ['fd00:10:96::1', '6443', 'https://[fd00:10:96::1]:6443/'],
    ['kubernetes.default', undefined, 'https://kubernetes.default/'],
  ])('finds its cluster at %s port %s', async (host, port, url) => {
    const access = await inCluster({
      directory: await serviceAccount(),
      env: { KUBERNETES_SERVICE_HOST: host, KUBERNETES_SERVICE_PORT: port },
    });
    expect(access.server.href).toBe(url);
    expect(access.namespace).toBe('taskflow-system');
    expect(await access.credentials()).toEqual({
      authorization: 'Bearer token-1',
      tls: { ca: 'the authority' },
    });
  });

  it.each<[string, (directory: string) => Promise<void> | void, Record<string, string>, RegExp]>([
    [
      'is no pod at all',
      () => undefined,
      {},
      /no pod of a cluster: KUBERNETES_SERVICE_HOST is not set; give --kubeconfig/,
    ],
    [
      'has an impossible address',
      () => undefined,
      { KUBERNETES_SERVICE_HOST: 'a', KUBERNETES_SERVICE_PORT: 'tcp://1.2.3.4:5' },
      /KUBERNETES_SERVICE_PORT tcp:\/\/1\.2\.3\.4:5 make no address/,
    ],
    [
      'has no token',
      (at) => rm(join(at, 'token')),
      env,
      /token cannot be read \(ENOENT\); the pod needs a service account/,
    ],
    ['has no authority', (at) => rm(join(at, 'ca.crt')), env, /ca\.crt cannot be read \(ENOENT\)/],
    ['has no namespace', (at) => rm(join(at, 'namespace')), env, /namespace cannot be read \(ENOENT\)/],
    ['has an empty token', (at) => writeFile(join(at, 'token'), '\n'), env, /token is empty/],
    [
      'has a token that is a folder',
      async (at) => {
        await rm(join(at, 'token'));
        await mkdir(join(at, 'token'));
      },
      env,
      /token cannot be read \(EISDIR\)/,
    ],
  ])('that %s says so', async (_, change, variables, message) => {
    const directory = await serviceAccount();
    await change(directory);
    await expect(inCluster({ directory, env: variables })).rejects.toThrow(message);
  });

  it('reads its token again after a while, and goes on with the old one while there is none', async () => {
    const directory = await serviceAccount();
    const access = await inCluster({ directory, env, lifetime: 0 });
    const first = await access.credentials();
    await replace(directory, 'token', 'token-2');
    const second = await access.credentials();
    expect(second.authorization).toBe('Bearer token-2');
    expect(second.tls).toBe(first.tls);
    await rm(join(directory, 'token'));
    expect((await access.credentials()).authorization).toBe('Bearer token-2');
    access.refused(await access.credentials());
    await expect(access.credentials()).rejects.toThrow('token cannot be read (ENOENT)');
  });

  it('reads its token no more often than needed', async () => {
    const directory = await serviceAccount();
    const access = await inCluster({ directory, env });
    const first = await access.credentials();
    await replace(directory, 'token', 'token-2');
    expect(await access.credentials()).toBe(first);
    access.refused(first);
    const second = await access.credentials();
    expect(second.authorization).toBe('Bearer token-2');
    // The answer to a request that was made with the old one.
    access.refused(first);
    await replace(directory, 'token', 'token-3');
    expect(await access.credentials()).toBe(second);
  });
});

describe('a client in a pod', () => {
  async function startCluster(): Promise<{ api: ScriptedApi; directory: string; access: Access }> {
    const folder = await scratch();
    const { ca, server } = await makeCertificates(folder);
    const [key, cert] = [await readFile(server.key, 'utf8'), await readFile(server.certificate, 'utf8')];
    const api = await startScriptedApi({ tls: { key, cert } });
    const directory = await serviceAccount({ 'ca.crt': await readFile(ca, 'utf8') });
    const access = await inCluster({
      directory,
      env: { KUBERNETES_SERVICE_HOST: '127.0.0.1', KUBERNETES_SERVICE_PORT: String(api.port) },
    });
    return { api, directory, access };
  }

  it('whose token is refused, shows the one that has replaced it, for a write too', async () => {
    const { api, directory, access } = await startCluster();
    const client = clientOf(access);
    await replace(directory, 'token', 'token-2');
    const made = client.create(PODS, object('a', 1));
    const first = await api.next();
    expect(first.headers.authorization).toBe('Bearer token-1');
    first.refuse(401, 'Unauthorized');
    const second = await api.next();
    expect(second.headers.authorization).toBe('Bearer token-2');
    second.json(object('a', 1));
    await made;
  });

  it('whose token is refused and not replaced, is told so after one request', async () => {
    const { api, access } = await startCluster();
    const error = failure(clientOf(access).get(PODS, REF));
    (await api.next()).refuse(401, 'Unauthorized');
    expect(await error).toMatchObject({ status: 401 });
    expect(api.count).toBe(1);
  });

  it('trusts the authority of the cluster only, and a new one when it is replaced', async () => {
    const { api, directory, access } = await startCluster();
    const other = await makeCertificates(await scratch());
    const own = await readFile(join(directory, 'ca.crt'), 'utf8');
    await replace(directory, 'ca.crt', await readFile(other.ca, 'utf8'));
    access.refused(await access.credentials());
    const client = clientOf(access);
    const error = await failure(client.get(PODS, REF));
    expect(error).toMatchObject({ name: 'ApiUnreachableError', obstacle: 'tls' });
    expect(String(error)).toContain('check the certificate authority');

    await replace(directory, 'ca.crt', own);
    access.refused(await access.credentials());
    const got = client.get(PODS, REF);
    (await api.next()).json(object('a', 1));
    await got;
  });
});
