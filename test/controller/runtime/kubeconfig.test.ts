import { mkdir, writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { findAccess } from '../../../controller/runtime/access.ts';
import { type Access } from '../../../controller/runtime/credentials.ts';
import { CredentialsError } from '../../../controller/runtime/errors.ts';
import { fromKubeconfig, kubeconfigFiles } from '../../../controller/runtime/kubeconfig.ts';
import { failure } from '../../support/api-clients.ts';
import { configOf, writeKubeconfig, type Parts } from '../../support/kubeconfigs.ts';
import { scratch } from '../../support/scratch.ts';

const PEM = '-----BEGIN CERTIFICATE-----\nx\n-----END CERTIFICATE-----\n';
const DATA = Buffer.from(PEM).toString('base64');

async function accessOf(parts: Parts, lifetime?: number): Promise<Access> {
  return fromKubeconfig({
    file: await writeKubeconfig(configOf(parts)),
    ...(lifetime !== undefined && { lifetime }),
  });
}

describe('a kubeconfig gives', () => {
  it.each<[string, Parts, object]>([
    ['a token', {}, { authorization: 'Bearer secret', tls: {} }],
    [
      'a name and a password',
      { user: { token: '', username: 'a', password: 'ü:b' } },
      { authorization: `Basic ${Buffer.from('a:ü:b').toString('base64')}` },
    ],
    [
      'a certificate',
      { user: { token: null, 'client-certificate-data': DATA, 'client-key-data': DATA } },
      { tls: { cert: PEM, key: PEM } },
    ],
    ['an authority', { cluster: { 'certificate-authority-data': DATA } }, { tls: { ca: PEM } }],
    [
      'trust in anybody, and another name',
      { cluster: { 'insecure-skip-tls-verify': true, 'tls-server-name': 'x' } },
      { tls: { insecure: true, servername: 'x' } },
    ],
    ['nobody, when the context has no user', { context: { user: '' } }, { tls: {} }],
  ])('%s', async (_, parts, credentials) => {
    const access = await accessOf(parts);
    expect(await access.credentials()).toMatchObject(credentials);
    expect(access.server.href).toBe('https://api.example:6443/');
    expect(access.namespace).toBe('default');
  });

  it('what other files have, their paths relative to its own folder, and read again', async () => {
    const directory = await scratch();
    await mkdir(join(directory, 'pki'));
    const put = (name: string, content: string): Promise<void> =>
      writeFile(join(directory, 'pki', name), content);
    await put('ca', `${PEM}ca`);
    await put('cert', `${PEM}cert`);
    await put('key', `${PEM}key`);
    await put('token', 'token-1\n');
    const config = configOf({
      cluster: { 'certificate-authority': 'pki/ca' },
      user: {
        token: 'older',
        tokenFile: 'pki/token',
        'client-certificate': './pki/cert',
        'client-key': join(directory, 'pki/key'),
      },
      context: { namespace: 'n' },
    });
    const access = await fromKubeconfig({
      file: await writeKubeconfig(config, 'config', directory),
      lifetime: 0,
    });
    expect(access.namespace).toBe('n');
    const first = await access.credentials();
    expect(first).toEqual({
      authorization: 'Bearer token-1',
      tls: { ca: `${PEM}ca`, cert: `${PEM}cert`, key: `${PEM}key` },
    });
    await put('token', 'token-2');
    const second = await access.credentials();
    expect(second.authorization).toBe('Bearer token-2');
    expect(second.tls).toBe(first.tls);
    await put('cert', `${PEM}cert-2`);
    expect((await access.credentials()).tls.cert).toBe(`${PEM}cert-2`);
  });

  it('another context than the current one, by its name', async () => {
    const file = await writeKubeconfig(
      configOf({
        whole: {
          contexts: [
            { name: 'main', context: { cluster: 'c', user: 'u' } },
            { name: 'other', context: { cluster: 'c', user: 'u', namespace: 'elsewhere' } },
          ],
        },
      }),
    );
    expect((await fromKubeconfig({ file, context: 'other' })).namespace).toBe('elsewhere');
  });
});

describe('of several files', () => {
  it('the first that says something counts, as for kubectl', async () => {
    const directory = await scratch();
    const first = await writeKubeconfig(
      {
        'current-context': '',
        contexts: [{ name: 'main', context: { cluster: 'c', user: 'u', namespace: 'first' } }],
      },
      'first',
      directory,
    );
    const second = await writeKubeconfig(configOf({ context: { namespace: 'second' } }), 'second', directory);
    const third = await writeKubeconfig(
      configOf({ user: { token: 'third' }, cluster: { server: 'https://third' } }),
      'third',
    );
    const missing = join(directory, 'missing');
    const KUBECONFIG = [first, missing, '', second, third].join(delimiter);
    const access = await fromKubeconfig({ env: { KUBECONFIG } });
    expect(access.namespace).toBe('first');
    expect(access.server.host).toBe('api.example:6443');
    expect((await access.credentials()).authorization).toBe('Bearer secret');
  });

  it('without KUBECONFIG it is that of the home directory', () => {
    expect(kubeconfigFiles({ HOME: '/home/a' })).toEqual(['/home/a/.kube/config']);
    expect(kubeconfigFiles({ HOME: '/home/a', KUBECONFIG: `/x${delimiter}/y${delimiter}/x` })).toEqual([
      '/x',
      '/y',
    ]);
  });

  it('--kubeconfig and KUBECONFIG come before the cluster that this is a pod of', async () => {
    const kubeconfig = await writeKubeconfig(configOf());
    const env = { KUBERNETES_SERVICE_HOST: '127.0.0.1', HOME: await scratch() };
    expect((await findAccess({ kubeconfig, env })).source).toBe(kubeconfig);
    expect((await findAccess({ env: { ...env, KUBECONFIG: kubeconfig } })).source).toBe(kubeconfig);
    await expect(findAccess({ env: { HOME: env.HOME } })).rejects.toThrow(
      '.kube/config: there is no such file',
    );
  });
});

describe('an error in a kubeconfig names file, field and what is wrong:', () => {
  const nobody = { token: undefined };
  it.each<[string, Parts | string, string]>([
    ['no YAML', 'token: secret\n  a: "b', ', line 1, column 8: no YAML ('],
    ['no map', 'secret', ' is not a map with clusters, users and contexts'],
    ['nothing', '', ': current-context is missing; set it, or name a context'],
    ['a context that is no string', { whole: { 'current-context': 5 } }, ': current-context is not a string'],
    ['no list', { whole: { users: { secret: 1 } } }, ': users is not a list'],
    ['no entry', { whole: { users: ['secret'] } }, ': users[0] is not a map with name and user'],
    ['no name', { whole: { users: [{ user: { token: 'secret' } }] } }, ': users[0].name is not a string'],
    ['no user', { whole: { users: [{ name: 'u', user: 'secret' }] } }, ': users[u].user is not a map'],
    [
      'a context that is not there',
      { whole: { 'current-context': 'other' } },
      ': current-context "other" is not in contexts (main)',
    ],
    [
      'a cluster that is not there',
      { context: { cluster: 'x' } },
      ': the cluster of context main "x" is not in clusters (c)',
    ],
    [
      'a user that is not there',
      { context: { user: 'x' } },
      ': the user of context main "x" is not in users (u)',
    ],
    ['no cluster', { context: { cluster: null } }, ': contexts[main].context.cluster is missing'],
    ['no server', { cluster: { server: '' } }, ': clusters[c].cluster.server is missing'],
    [
      'no address',
      { cluster: { server: 'api:6443' } },
      'server is no address that begins with https:// or http://',
    ],
    [
      'a proxy',
      { cluster: { 'proxy-url': 'http://secret@p' } },
      'proxy-url is not supported; use an address',
    ],
    [
      'an authority that is no PEM',
      { cluster: { 'certificate-authority-data': 'c2VjcmV0' } },
      'certificate-authority-data is not the base64 of PEM',
    ],
    [
      'an authority that is not there',
      { cluster: { 'certificate-authority': 'nowhere' } },
      '/nowhere cannot be read (ENOENT)',
    ],
    [
      'an authority that is not to be used',
      { cluster: { 'certificate-authority-data': DATA, 'insecure-skip-tls-verify': true } },
      'has both certificate-authority and insecure-skip-tls-verify',
    ],
    [
      'no flag',
      { cluster: { 'insecure-skip-tls-verify': 'yes' } },
      'insecure-skip-tls-verify is neither true nor false',
    ],
    [
      'a token that is no string',
      { user: { token: 12345 } },
      'users[u].user.token is not a string; put it in quotes',
    ],
    ['a token with a space', { user: { token: 'secret secret' } }, 'token has characters that no token has'],
    ['a certificate without a key', { user: { 'client-certificate-data': DATA } }, 'go together'],
    ['two ways at once', { user: { username: 'a' } }, 'has both a token and a username'],
    ['a token file that is not there', { user: { tokenFile: 'nowhere' } }, 'tokenFile: '],
    [
      'an old plugin',
      { user: { 'auth-provider': { name: 'x' } } },
      'auth-provider is not supported; use exec',
    ],
    ['somebody else', { user: { as: 'root' } }, 'users[u].user.as is not supported'],
    ['no plugin', { user: { ...nobody, exec: 'secret' } }, 'users[u].user.exec is not a map'],
    [
      'a plugin of no version',
      { user: { ...nobody, exec: { command: 'x' } } },
      'exec.apiVersion is not client.auth',
    ],
  ])('%s', async (_, parts, message) => {
    const file = await writeKubeconfig(typeof parts === 'string' ? parts : configOf(parts));
    const error = await failure(fromKubeconfig({ file }));
    expect(error).toBeInstanceOf(CredentialsError);
    expect(String(error)).toContain(message);
    expect(String(error)).toContain(file);
    expect(String(error)).not.toContain('secret');
  });

  it('no file', async () => {
    await expect(fromKubeconfig({ file: '/nowhere/config' })).rejects.toThrow(
      'kubeconfig /nowhere/config: there is no such file; give --kubeconfig, or set KUBECONFIG',
    );
  });

  it('a file that is a folder', async () => {
    const directory = await scratch();
    await expect(fromKubeconfig({ file: directory })).rejects.toThrow(`${directory} cannot be read (EISDIR)`);
  });
});
