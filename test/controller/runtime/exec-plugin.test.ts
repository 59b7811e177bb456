import { chmod, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type Access } from '../../../controller/runtime/credentials.ts';
import { CredentialsError } from '../../../controller/runtime/errors.ts';
import { fromKubeconfig } from '../../../controller/runtime/kubeconfig.ts';
import { PODS } from '../../../controller/runtime/objects.ts';
import { clientOf, failure } from '../../support/api-clients.ts';
import { scratch } from '../../support/scratch.ts';
import { object, startScriptedApi } from '../../support/scripted-api.ts';

const V1 = 'client.authentication.k8s.io/v1';
const REF = { namespace: 'default', name: 'a' };

/**
 * A program that counts its runs, notes what it was told, and prints an ExecCredential: `token-1`, `token-2` …
 *
 * @param status - JavaScript of the credential's status, in which `run` is the number of this run
 */
function program(status: string, apiVersion = V1): string {
  return `#!${process.execPath}
const { readFileSync, writeFileSync } = require('node:fs');
const { join } = require('node:path');
const file = (name) => join(__dirname, name);
let run = 1;
try { run += Number(readFileSync(file('runs'), 'utf8')); } catch {}
writeFileSync(file('runs'), String(run));
writeFileSync(file('told'), JSON.stringify({
  argv: process.argv.slice(2), own: process.env.OWN, info: JSON.parse(process.env.KUBERNETES_EXEC_INFO),
}));
console.log(JSON.stringify({ apiVersion: '${apiVersion}', kind: 'ExecCredential', status: ${status} }));
`;
}

interface Plugin {
  access(): Promise<Access>;
  runs(): Promise<number>;
  told(): Promise<unknown>;
  file: string;
}

async function pluginOf(text: string, exec: object = {}, cluster: object = {}): Promise<Plugin> {
  const directory = await scratch();
  await writeFile(join(directory, 'plugin'), text);
  await chmod(join(directory, 'plugin'), 0o755);
  const file = join(directory, 'config');
  const config = {
    'current-context': 'main',
    contexts: [{ name: 'main', context: { cluster: 'c', user: 'u' } }],
    clusters: [{ name: 'c', cluster: { server: 'http://api.example', ...cluster } }],
    // Relative to the file it is in.
    users: [{ name: 'u', user: { exec: { apiVersion: V1, command: './plugin', ...exec } } }],
  };
  // JSON is YAML.
  await writeFile(file, JSON.stringify(config));
  return {
    file,
    access: () => fromKubeconfig({ file, lifetime: 0 }),
    runs: async () => Number(await readFile(join(directory, 'runs'), 'utf8')),
    told: async () => JSON.parse(await readFile(join(directory, 'told'), 'utf8')) as unknown,
  };
}

describe('a plugin', () => {
  it.each([V1, 'client.authentication.k8s.io/v1beta1'])(
    'of %s gives a token, once for many requests',
    async (version) => {
      const plugin = await pluginOf(program('{ token: `token-${run}` }', version), { apiVersion: version });
      const access = await plugin.access();
      for (let request = 0; request < 3; request++) {
        expect((await access.credentials()).authorization).toBe('Bearer token-1');
      }
      expect(await plugin.runs()).toBe(1);
    },
  );

  it('is told what the kubeconfig says, and no shell reads it', async () => {
    const plugin = await pluginOf(
      program('{ token: "t" }'),
      { args: ['$HOME', 'a b;c', '--x'], env: [{ name: 'OWN', value: '$(id)' }], provideClusterInfo: true },
      {
        'tls-server-name': 'x',
        extensions: [{ name: 'client.authentication.k8s.io/exec', extension: { audience: 'y' } }],
      },
    );
    await plugin.access();
    expect(await plugin.told()).toEqual({
      argv: ['$HOME', 'a b;c', '--x'],
      own: '$(id)',
      info: {
        apiVersion: V1,
        kind: 'ExecCredential',
        spec: {
          interactive: false,
          cluster: { server: 'http://api.example', 'tls-server-name': 'x', config: { audience: 'y' } },
        },
      },
    });
  });

  it('gives a certificate', async () => {
    const plugin = await pluginOf(program('{ clientCertificateData: "CERT", clientKeyData: "KEY" }'));
    expect(await (await plugin.access()).credentials()).toEqual({ tls: { cert: 'CERT', key: 'KEY' } });
  });

  it('is run again when what it gave expires', async () => {
    const soon =
      '{ token: `token-${run}`, expirationTimestamp: new Date(Date.now() + (run > 1 ? 3600e3 : 0)) }';
    const plugin = await pluginOf(program(soon));
    const access = await plugin.access();
    expect((await access.credentials()).authorization).toBe('Bearer token-2');
    expect((await access.credentials()).authorization).toBe('Bearer token-2');
    expect(await plugin.runs()).toBe(2);
  });

  it('is run again when the server refuses what it gave', async () => {
    const api = await startScriptedApi();
    const plugin = await pluginOf(program('{ token: `token-${run}` }'), {}, { server: api.url });
    const got = clientOf(await plugin.access()).get(PODS, REF);
    (await api.next()).refuse(401, 'Unauthorized');
    const second = await api.next();
    expect(second.headers.authorization).toBe('Bearer token-2');
    second.json(object('a', 1));
    await got;
  });

  it('is not run when the kubeconfig itself has a token', async () => {
    const plugin = await pluginOf('#!/bin/false\n');
    const config = JSON.parse(await readFile(plugin.file, 'utf8')) as { users: [{ user: object }] };
    Object.assign(config.users[0].user, { token: 'own' });
    await writeFile(plugin.file, JSON.stringify(config));
    expect((await (await plugin.access()).credentials()).authorization).toBe('Bearer own');
  });
});

describe('an error says what is wrong with a plugin:', () => {
  it.each<[string, string, object, string]>([
    [
      'it is not there',
      '',
      { command: 'no-such-plugin', installHint: 'install it' },
      'no-such-plugin cannot be run',
    ],
    ['how to get it', '', { command: 'no-such-plugin', installHint: 'install it' }, '; install it'],
    ['it fails', '#!/bin/sh\necho secret\nexit 3\n', {}, 'failed with exit code 3'],
    ['it prints no JSON', '#!/bin/sh\necho secret\n', {}, 'printed is no ExecCredential: it is no JSON'],
    [
      'it prints something else',
      '#!/bin/sh\necho \'{"token":"secret"}\'\n',
      {},
      'kind is not ExecCredential',
    ],
    [
      'it speaks another version',
      program('{ token: "secret" }', 'client.authentication.k8s.io/v1beta1'),
      {},
      `apiVersion is not ${V1}`,
    ],
    ['it gives nothing', program('undefined'), {}, 'it has no status'],
    ['it gives nothing of use', program('{ secret: 1 }'), {}, 'neither a token nor a certificate'],
    ['it gives half', program('{ clientKeyData: "secret" }'), {}, 'go together'],
    ['it gives no time', program('{ token: "secret", expirationTimestamp: "x" }'), {}, 'is no time'],
    ['it has no command', '', { command: '' }, 'exec.command is missing'],
    ['it wants to ask', '', { interactiveMode: 'Always' }, 'interactiveMode is Always'],
    ['its arguments', '', { args: 'secret' }, 'exec.args is not a list of strings'],
    ['its environment', '', { env: [{ name: 'A', value: 1 }] }, 'exec.env[0] is not a name with a value'],
  ])('%s', async (_, text, exec, message) => {
    const plugin = await pluginOf(text, exec);
    const error = await failure(plugin.access());
    expect(error).toBeInstanceOf(CredentialsError);
    expect(String(error)).toContain(message);
    expect(String(error)).toContain(`kubeconfig ${plugin.file}: users[u].user.exec.`);
    expect(String(error)).not.toContain('secret');
  });
});
