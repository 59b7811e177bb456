import { existsSync } from 'node:fs';
import { chown, mkdir, mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, it, type TestContext } from 'vitest';
import { onPath } from '../../scripts/build-agent/commands.ts';
import { hostArch, type Arch } from '../../scripts/build-agent/target.ts';
import packageJson from '../../package.json' with { type: 'json' };
import { Buildah, buildahMissing, treeOf } from './buildah.ts';

const CHROOT = 'chroot';
const USER = 65_532;
const ARCHES: readonly Arch[] = ['amd64', 'arm64'];

const built = (arch: Arch): string =>
  fileURLToPath(new URL(`../../dist/agent/linux-${arch}/taskflow-agent`, import.meta.url));

let missing: string | undefined;
let store: string;
let buildah: Buildah;

beforeAll(async () => {
  missing = await buildahMissing();
  store = await mkdtemp(join(tmpdir(), 'taskflow-image-'));
  buildah = new Buildah(store);
});
afterAll(async () => rm(store, { recursive: true, force: true }));

/** The image for the architecture; skips the test, with the reason, where it cannot be built. CI must. */
async function image(test: TestContext, arch: Arch): Promise<string> {
  const reason =
    missing ?? (existsSync(built(arch)) ? undefined : `npm run build:agent -- --arch ${arch} was not run`);
  if (reason === undefined) return buildah.buildAgent(arch);
  if (process.env['CI'] === 'true') throw new Error(`CI must build the image: ${reason}`);
  return test.skip(reason);
}

describe.each(ARCHES)('the agent image for %s', (arch) => {
  it('is one file, that everybody can run and nobody can write', async (test) => {
    const root = await buildah.rootOf(await image(test, arch));
    expect(await treeOf(root)).toEqual(['agent']);
    const { mode, uid, gid } = await stat(join(root, 'agent'));
    expect({ mode: mode & 0o7777, uid, gid }).toEqual({ mode: 0o555, uid: 0, gid: 0 });
    expect(await readFile(join(root, 'agent'))).toEqual(await readFile(built(arch)));
  });

  it('says what it is, for which machine, and runs as a user who is not root', async (test) => {
    const { architecture, os, config, rootfs } = await buildah.config(await image(test, arch));
    expect({ architecture, os }).toEqual({ architecture: arch, os: 'linux' });
    expect(rootfs.diff_ids).toHaveLength(1);
    expect(config).toMatchObject({ User: `${USER}:${USER}`, Entrypoint: ['/agent'] });
    expect(config).not.toHaveProperty('Cmd');
    expect(config['Labels']).toMatchObject({
      'org.opencontainers.image.title': 'taskflow-agent',
      'org.opencontainers.image.description': expect.stringContaining('in order'),
      'org.opencontainers.image.licenses': packageJson.license,
      'org.opencontainers.image.version': packageJson.version,
    });
  });

  it('holds an agent of its version', async (test) => {
    const root = await buildah.rootOf(await image(test, arch));
    const emulator = arch === hostArch() ? [] : ['qemu-aarch64-static'];
    if (arch === 'amd64' && arch !== hostArch()) test.skip('only the arm64 agent is run under emulation');
    for (const command of emulator) if (!(await onPath(command))) test.skip(`${command} is missing`);
    const [file = '', ...args] = [...emulator, join(root, 'agent')].concat('--version');
    expect((await execa(file, args)).stdout).toBe(`taskflow-agent ${packageJson.version}`);
  });
});

describe('in its own root, as its own user, the agent', () => {
  it('installs itself where it may write, as an init container does', async (test) => {
    const root = await buildah.rootOf(await image(test, hostArch()));
    const volume = join(root, 'taskflow');
    await mkdir(volume);
    await chown(volume, USER, USER);
    const agent = async (...args: string[]) =>
      execa(CHROOT, [`--userspec=${USER}:${USER}`, root, '/agent', ...args], { reject: false });

    expect(await agent('--version')).toMatchObject({
      exitCode: 0,
      stdout: expect.stringContaining('taskflow-agent'),
    });
    expect(await agent('install', '/taskflow/bin')).toMatchObject({ exitCode: 0, stderr: '' });
    const copy = join(volume, 'bin/agent');
    expect((await stat(copy)).mode & 0o7777).toBe(0o555);
    expect(await readFile(copy)).toEqual(await readFile(join(root, 'agent')));

    const elsewhere = await agent('install', '/');
    expect(elsewhere).toMatchObject({ exitCode: 125 });
    expect(elsewhere.stderr).toContain('permission denied (EACCES)');
  });
});

it('takes the version from a build argument', async (test) => {
  await image(test, hostArch());
  const { config } = await buildah.config(
    await buildah.buildAgent(hostArch(), '--build-arg', 'VERSION=9.8.7'),
  );
  expect(config['Labels']).toMatchObject({ 'org.opencontainers.image.version': '9.8.7' });
});
