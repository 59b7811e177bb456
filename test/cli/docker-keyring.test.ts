import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterEach, describe, expect, it, vi } from 'vitest';

import { dockerKeyring } from '../../cli/image/docker-keyring.ts';
import { scratch } from '../support/scratch.ts';

const base64 = (text: string): string => Buffer.from(text).toString('base64');

/** The keyring of a config.json, with a helper `test` that says what it was asked for. */
async function keyringWith(text: string) {
  const directory = await scratch();
  await writeFile(join(directory, 'config.json'), text);
  await mkdir(join(directory, 'bin'));
  const helper = join(directory, 'bin', 'docker-credential-test');
  await writeFile(
    helper,
    '#!/bin/sh\nread -r asked\necho "{\\"Username\\":\\"u\\",\\"Secret\\":\\"$asked\\"}"\n',
  );
  await chmod(helper, 0o755);
  vi.stubEnv('PATH', `${join(directory, 'bin')}:${process.env['PATH'] ?? ''}`);
  const warnings: string[] = [];
  const keyring = await dockerKeyring({ DOCKER_CONFIG: directory }, (line) => void warnings.push(line));
  return { keyring, warnings };
}

afterEach(() => void vi.unstubAllEnvs());

describe('config.json', () => {
  it.each([
    ['https://index.docker.io/v1/', 'docker.io'],
    ['docker.io', 'docker.io'],
    ['r.example:5000', 'r.example:5000'],
  ])('names a helper for %s, and it is asked', async (key, host) => {
    const { keyring } = await keyringWith(JSON.stringify({ credHelpers: { [key]: 'test' } }));
    const asked = host === 'docker.io' ? 'https://index.docker.io/v1/' : host;
    expect(await keyring.find(host, 'a')).toMatchObject([{ kind: 'basic', password: asked }]);
  });

  it.each([
    ['empty', '', 0],
    ['white space', ' \n', 0],
    ['no JSON', '{"auths":', 1],
    ['a list', '[]', 1],
    ['one whose auths are a list', '{"auths":[]}', 1],
    ['one with a helper that is not installed', '{"credsStore":"not-here"}', 1],
  ])('that is %s keeps nobody from public images', async (_, text, warned) => {
    const { keyring, warnings } = await keyringWith(text);
    expect(await keyring.find('r.example', 'a')).toEqual([]);
    expect(warnings).toHaveLength(warned);
  });

  it.each<[string, readonly string[], string, readonly string[]]>([
    ['of the registry', ['r.example', 'other.example'], 'r.example/team/a', ['r.example']],
    [
      'of an address on it, whatever its path',
      ['https://r.example/v2/x'],
      'r.example/team/a',
      ['https://r.example/v2/x'],
    ],
    [
      'of the path that it is below, as podman writes it',
      ['r.example', 'r.example/team', 'r.example/tea'],
      'r.example/team/a',
      ['r.example/team', 'r.example'],
    ],
    ['of another port', ['r.example:5000'], 'r.example/team/a', []],
    ['of a pattern, which is none for docker', ['*.example'], 'r.example/team/a', []],
    [
      'of Docker Hub by each of its names',
      ['https://index.docker.io/v1/', 'docker.io'],
      'docker.io/library/a',
      ['https://index.docker.io/v1/', 'docker.io'],
    ],
  ])('has credentials %s', async (_, keys, image, expected) => {
    const auths = Object.fromEntries(keys.map((key) => [key, { username: key, password: 'p' }]));
    const { keyring } = await keyringWith(JSON.stringify({ auths }));
    const [host = '', ...path] = image.split('/');
    const found = await keyring.find(host, path.join('/'));
    expect(found.map((each) => 'username' in each && each.username)).toEqual(expected);
  });

  it('with one broken entry has the others', async () => {
    const auths = { 'bad.example': { auth: '!' }, 'r.example': { auth: base64('u:p') } };
    const { keyring, warnings } = await keyringWith(JSON.stringify({ auths }));
    expect(await keyring.find('r.example', 'a')).toMatchObject([{ username: 'u', password: 'p' }]);
    expect(warnings).toEqual([expect.stringMatching(/"auth" of bad\.example is not the base64/)]);
  });

  it('is not that of the current folder when DOCKER_CONFIG is empty', async () => {
    const folder = await scratch();
    await writeFile(join(folder, 'config.json'), JSON.stringify({ auths: { r: { auth: base64('u:p') } } }));
    const module = new URL('../../cli/image/docker-keyring.ts', import.meta.url).href;
    const code = `const { dockerKeyring } = await import('${module}');
      console.log(JSON.stringify(await (await dockerKeyring(process.env)).find('r', 'a')));`;
    const { stdout } = await execa(process.execPath, ['--input-type=module', '-e', code], {
      cwd: folder,
      env: { DOCKER_CONFIG: '', HOME: folder },
    });
    expect(stdout).toBe('[]');
  });
});
