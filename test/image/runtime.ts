/** What Dockerfile.controller takes from its base, out of this machine. */
import { existsSync } from 'node:fs';
import { copyFile, mkdir, readdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { ARCHITECTURES, hostArch, type Arch } from '../../scripts/build-agent/target.ts';

const LIBRARIES = [
  ...['libc.so.6', 'libm.so.6', 'libdl.so.2', 'libpthread.so.0'],
  ...['libgcc_s.so.1', 'libstdc++.so.6'],
];
const LOADER = /^ld-linux-.*\.so\.\d$/;

/** Where the libraries of an architecture are: its own, or those that come with the compiler for it. */
export function librariesOf(arch: Arch): string {
  const { gnu } = ARCHITECTURES[arch];
  return arch === hostArch() ? `/usr/lib/${gnu}` : `/usr/${gnu}/lib`;
}

/** Whether this machine has all of them. */
export function hasLibraries(arch: Arch): boolean {
  return LIBRARIES.every((name) => existsSync(join(librariesOf(arch), name)));
}

/**
 * A directory with what the image of Debian with Node has, as far as it is copied.
 *
 * @param node - the executable
 */
export async function writeRuntime(directory: string, arch: Arch, node: string): Promise<string> {
  const from = librariesOf(arch);
  const libraries = `usr/lib/${ARCHITECTURES[arch].gnu}`;
  const loaders = (await readdir(from)).filter((name) => LOADER.test(name));
  const copies = [
    ...[...LIBRARIES, ...loaders].map((name) => [join(from, name), join(libraries, name)] as const),
    ['/etc/nsswitch.conf', 'etc/nsswitch.conf'] as const,
    [node, 'usr/local/bin/node'] as const,
  ];
  for (const [source, target] of copies) {
    await mkdir(dirname(join(directory, target)), { recursive: true });
    await copyFile(source, join(directory, target));
  }
  return directory;
}
