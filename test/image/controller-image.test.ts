import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, it, type TestContext } from 'vitest';
import { onPath } from '../../scripts/build-agent/commands.ts';
import { hostArch, type Arch } from '../../scripts/build-agent/target.ts';
import { bundle, ENTRY, writeFiles, type File } from '../../scripts/build-controller/bundle.ts';
import { NODE } from '../../scripts/build-pkg/node.ts';
import packageJson from '../../package.json' with { type: 'json' };
import { Buildah, buildahMissing, treeOf } from './buildah.ts';
import { hasLibraries, librariesOf, writeRuntime } from './runtime.ts';

const USER = 65_532;
const ARCHES: readonly Arch[] = ['amd64', 'arm64'];
const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const CHROOT = 'chroot';
/** Node under emulation takes seconds to start. */
const PATIENCE = 180_000;

/** The Node for an architecture: this one, or the one that `npm run build:pkg` has fetched. */
const nodeFor = (arch: Arch): string =>
  arch === hostArch()
    ? process.execPath
    : join(
        ROOT,
        `build/pkg/home/.pkg-cache/sea/node-v${NODE.version}-linux-${NODE.packages[arch].arch}/bin/node`,
      );

let missing: string | undefined;
let work: string;
let buildah: Buildah;
let files: File[];
const built = new Map<Arch, Promise<string>>();

beforeAll(async () => {
  missing = await buildahMissing();
  work = await mkdtemp(join(tmpdir(), 'taskflow-image-'));
  buildah = new Buildah(join(work, 'store'));
  files = await bundle(ROOT);
  await writeFiles(join(work, 'build/controller'), files);
}, PATIENCE);
afterAll(async () => rm(work, { recursive: true, force: true }));

/** The image for the architecture; skips the test, with the reason, where it cannot be built. CI must build its own. */
async function image(test: TestContext, arch: Arch): Promise<string> {
  const reason =
    missing ??
    (existsSync(nodeFor(arch)) ? undefined : `Node for ${arch} is missing: npm run build:pkg fetches it`) ??
    (hasLibraries(arch)
      ? undefined
      : `${librariesOf(arch)} has no C++ library: it comes with g++ for ${arch}`);
  if (reason !== undefined) {
    if (process.env['CI'] === 'true' && arch === hostArch())
      throw new Error(`CI must build the image: ${reason}`);
    return test.skip(reason);
  }
  const building = built.get(arch) ?? build(arch);
  built.set(arch, building);
  return building;
}

async function build(arch: Arch, ...more: string[]): Promise<string> {
  const runtime = await writeRuntime(join(work, `runtime-${arch}`), arch, nodeFor(arch));
  return buildah.buildController(arch, { build: join(work, 'build'), runtime }, ...more);
}

describe.each(ARCHES)('the controller image for %s', (arch) => {
  it(
    'holds Node, the libraries it needs, and the bundle, none of which its user can write',
    { timeout: PATIENCE },
    async (test) => {
      const root = await buildah.rootOf(await image(test, arch));
      const loader = arch === 'amd64' ? 'ld-linux-x86-64.so.2' : 'ld-linux-aarch64.so.1';
      const tree = await treeOf(root);
      expect(tree).toEqual(
        [
          ...['controller', 'controller/parts', ...files.map(({ name }) => `controller/${name}`)],
          ...['etc', 'etc/nsswitch.conf', 'node', 'lib', 'lib64', `lib/${loader}`, `lib64/${loader}`],
          ...['c.so.6', 'dl.so.2', 'gcc_s.so.1', 'm.so.6', 'pthread.so.0', 'stdc++.so.6'].map(
            (name) => `lib/lib${name}`,
          ),
        ].toSorted(),
      );
      for (const name of tree) {
        const { mode, uid, gid } = await stat(join(root, name));
        expect({ name, writable: mode & 0o022, uid, gid }).toEqual({ name, writable: 0, uid: 0, gid: 0 });
      }
      for (const { name, contents } of files)
        expect(await readFile(join(root, 'controller', name))).toEqual(Buffer.from(contents));
    },
  );

  it(
    'says what it is, for which machine, and runs as a user who is not root',
    { timeout: PATIENCE },
    async (test) => {
      const { architecture, os, config } = await buildah.config(await image(test, arch));
      expect({ architecture, os }).toEqual({ architecture: arch, os: 'linux' });
      expect(config).toMatchObject({
        User: `${USER}:${USER}`,
        Entrypoint: ['/node', '--max-semi-space-size=1', '--expose-gc', `/controller/${ENTRY}`],
        Labels: {
          'org.opencontainers.image.title': 'taskflow-controller',
          'org.opencontainers.image.description': expect.stringContaining('in order'),
          'org.opencontainers.image.licenses': packageJson.license,
          'org.opencontainers.image.version': packageJson.version,
        },
      });
      expect(config).not.toHaveProperty('Cmd');
    },
  );

  it('holds a controller of its version', { timeout: PATIENCE }, async (test) => {
    const root = await buildah.rootOf(await image(test, arch));
    if (arch === 'amd64' && arch !== hostArch()) test.skip('only arm64 is run under emulation');
    const emulator: string[] = arch === hostArch() ? [] : ['qemu-aarch64-static', '-L', root];
    for (const command of emulator.slice(0, 1))
      if (!(await onPath(command))) test.skip(`${command} is missing`);
    const version = [join(root, 'node'), join(root, 'controller', ENTRY), '--version'];
    const [file = '', ...args] = emulator.concat(version);
    expect((await execa(file, args)).stdout).toBe(packageJson.version);
  });
});

describe('in its own root, as its own user, the controller', () => {
  it('runs, and says what stands in its way', { timeout: PATIENCE }, async (test) => {
    const name = await image(test, hostArch());
    const root = await buildah.rootOf(name);
    const { config } = await buildah.config(name);
    const run = async (...args: string[]) =>
      execa(CHROOT, [`--userspec=${USER}:${USER}`, root, ...(config['Entrypoint'] as string[]), ...args], {
        reject: false,
        extendEnv: false,
        env: Object.fromEntries((config['Env'] as string[]).map((each) => each.split('=', 2))),
      });
    expect(await run('--version')).toMatchObject({ exitCode: 0, stdout: packageJson.version, stderr: '' });
    expect((await run('--help')).stdout).toContain('--agent-image');
    const lost = await run();
    expect(lost).toMatchObject({ exitCode: 2 });
    expect(lost.stderr).toContain('kubeconfig');
    const unknown = await run('--elsewhere');
    expect(unknown).toMatchObject({ exitCode: 2 });
    expect(unknown.stderr).toContain('elsewhere');
  });

  it('knows the authorities of the Web', { timeout: PATIENCE }, async (test) => {
    const root = await buildah.rootOf(await image(test, hostArch()));
    const script = `require('node:tls').rootCertificates.length > 100`;
    expect((await execa(CHROOT, [root, '/node', '--print', script])).stdout).toBe('true');
  });
});

it('takes the version from a build argument', { timeout: PATIENCE }, async (test) => {
  await image(test, hostArch());
  const { config } = await buildah.config(await build(hostArch(), '--build-arg', 'VERSION=9.8.7'));
  expect(config['Labels']).toMatchObject({ 'org.opencontainers.image.version': '9.8.7' });
});
