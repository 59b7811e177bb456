import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { fromKubeconfig } from '../../../controller/runtime/kubeconfig.ts';
import { PODS } from '../../../controller/runtime/objects.ts';
import { clientOf, failure } from '../../support/api-clients.ts';
import { makeCertificates } from '../../support/certificates.ts';
import { configOf, writeKubeconfig } from '../../support/kubeconfigs.ts';
import { scratch } from '../../support/scratch.ts';
import { object, startScriptedApi } from '../../support/scripted-api.ts';

const REF = { namespace: 'default', name: 'a' };

it('a client shows its certificate, and a new one when that is replaced', async () => {
  const directory = await scratch();
  const { ca, server } = await makeCertificates(directory);
  const other = await makeCertificates(await scratch());
  const read = async (file: string): Promise<string> => readFile(file, 'utf8');
  const tls = {
    key: await read(server.key),
    cert: await read(server.certificate),
    ca: await read(ca),
    requestCert: true,
  };
  const api = await startScriptedApi({ tls });
  const config = configOf({
    cluster: { server: api.url, 'certificate-authority': ca },
    user: { token: null, 'client-certificate': 'mine.pem', 'client-key': 'mine.key' },
  });
  const use = async ({ certificate, key }: { certificate: string; key: string }): Promise<void> => {
    await writeFile(join(directory, 'mine.pem'), await read(certificate));
    await writeFile(join(directory, 'mine.key'), await read(key));
  };
  await use(server);
  const access = await fromKubeconfig({
    file: await writeKubeconfig(config, 'config', directory),
    lifetime: 0,
  });
  const client = clientOf(access);
  const got = client.get(PODS, REF);
  (await api.next()).json(object('a', 1));
  expect(await got).toEqual(object('a', 1));
  // One that the server does not know.
  await use(other.server);
  expect(await failure(client.get(PODS, REF))).toMatchObject({ name: 'ApiUnreachableError' });
  await rm(join(directory, 'mine.pem'));
  await use(server);
  const again = client.get(PODS, REF);
  (await api.next()).json(object('a', 2));
  expect(await again).toEqual(object('a', 2));
});

it('a server’s certificate must be for its name, or for the one that is given', async () => {
  const { ca, server } = await makeCertificates(await scratch());
  const tls = { key: await readFile(server.key, 'utf8'), cert: await readFile(server.certificate, 'utf8') };
  const api = await startScriptedApi({ tls });
  const to = async (cluster: object): Promise<unknown> => {
    const file = await writeKubeconfig(configOf({ cluster: { server: api.url, ...cluster } }));
    const access = await fromKubeconfig({ file });
    return failure(clientOf(access).get(PODS, REF));
  };
  expect(await to({ 'certificate-authority': ca, 'tls-server-name': 'api.example' })).toMatchObject({
    obstacle: 'tls',
  });
  expect(await to({})).toMatchObject({ obstacle: 'tls' });
  const trusting = to({ 'insecure-skip-tls-verify': true });
  (await api.next()).json(object('a', 1));
  expect(await trusting).toBeUndefined();
});
