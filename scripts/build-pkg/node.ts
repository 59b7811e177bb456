import { createHash } from 'node:crypto';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { makeOnce, withScratch } from '../build-agent/cache.ts';
import { ARCHITECTURES, hostArch, type Arch } from '../build-agent/target.ts';

/** The Node inside the executable: npm packages of one file each, by Debian's name of the architecture. */
export const NODE = {
  /** The same as that of `scripts/pinned-node`, whose executable makes the blob that this one reads. */
  version: '24.21.0',
  packages: {
    amd64: {
      arch: 'x64',
      integrity:
        'sha512-3nULszZ5X0fciYpG0t6TrdApJzAn8+FlINP6OiMX7V8HrvpATPN936U1LlReOJriLRa4e8yEqQBYCnLyPNAs7Q==',
    },
    arm64: {
      arch: 'arm64',
      integrity:
        'sha512-FpJRPEz2OvvTLfjIOlNGFY9JLPMKgl5m+d4oGYBLg24kJ1mmvN1Zl/HPJgF4HDaJ51ISev1l1cRZ/DM+keXW5g==',
    },
  },
} as const;

/** As pkg calls it; a full version, for which it need not ask anybody. */
export function pkgTarget(arch: Arch): string {
  return `node${NODE.version}-linux-${NODE.packages[arch].arch}`;
}

/** The `strip` that knows the architecture; it comes with the compiler for it. */
export function stripCommand(arch: Arch): string {
  return arch === hostArch() ? 'strip' : `${ARCHITECTURES[arch].gnu}-strip`;
}

/** Puts Node's executable where pkg, with `home` as its home directory, keeps what it has downloaded and verified. */
export async function provideNode(arch: Arch, home: string, say: (line: string) => void): Promise<void> {
  const cache = join(home, '.pkg-cache/sea');
  const name = `node-v${NODE.version}-linux-${NODE.packages[arch].arch}`;
  await makeOnce(join(cache, name), async (unfinished) => {
    say(`fetching Node ${NODE.version} for ${arch}`);
    const bin = join(unfinished, 'bin');
    await mkdir(bin, { recursive: true });
    await withScratch(home, async (scratch) => {
      await unpack(await fetchPackage(arch, scratch), scratch);
      // A seventh of the file, and nobody debugs Node itself with it.
      await execa(stripCommand(arch), [join(scratch, 'node')]);
      await rename(join(scratch, 'node'), join(bin, 'node'));
    });
    await writeFile(join(bin, 'node.ok'), '');
  });
  // The archive is only looked for.
  for (const archive of [`${name}.tar.gz`, `${name}.tar.gz.ok`]) await writeFile(join(cache, archive), '');
}

async function fetchPackage(arch: Arch, into: string): Promise<string> {
  const { arch: nodeArch, integrity } = NODE.packages[arch];
  const name = `node-linux-${nodeArch}`;
  // Not a dependency: npm refuses to install a package that is for another processor.
  await execa('npm', ['pack', '--silent', '--pack-destination', into, `${name}@${NODE.version}`]);
  const tarball = join(into, `${name}-${NODE.version}.tgz`);
  const found = `sha512-${createHash('sha512')
    .update(await readFile(tarball))
    .digest('base64')}`;
  if (found !== integrity)
    throw new Error(`${name}@${NODE.version} is another file: its integrity is ${found}`);
  return tarball;
}

async function unpack(tarball: string, into: string): Promise<void> {
  const file = ['--strip-components=2', '--no-same-owner', 'package/bin/node'];
  await execa('tar', ['-xzf', tarball, '-C', into, ...file]);
}
