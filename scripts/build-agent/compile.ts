import { mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { makeOnce } from './cache.ts';
import { QUICKJS } from './source.ts';
import { inputsDigest } from './stamp.ts';
import { ARCHITECTURES, type Target } from './target.ts';
import type { Compiler } from './toolchain.ts';

/** The files of QuickJS that every program of it needs. */
export const LIBRARY = ['quickjs.c', 'quickjs-libc.c', 'libregexp.c', 'libunicode.c', 'cutils.c', 'dtoa.c'];

const LIBRARIES = ['-lm', '-ldl', '-lpthread'];

/** For QuickJS's own files only. */
export const DEFINES = ['-D_GNU_SOURCE', `-DCONFIG_VERSION="${QUICKJS.version}"`];

/** All flags of a target, by what is compiled with them. */
export interface Flags {
  readonly library: readonly string[];
  readonly own: readonly string[];
  readonly link: readonly string[];
}

const RELEASE = [
  '-Os',
  '-fno-pie',
  // One section each, so that the linker can leave out what nothing calls.
  '-ffunction-sections',
  '-fdata-sections',
  // Nobody unwinds a stripped C program: a tenth of its size.
  '-fno-asynchronous-unwind-tables',
  '-fno-unwind-tables',
];

const RELEASE_LINK = [
  '-static',
  '-no-pie',
  '-s',
  '-Wl,--gc-sections',
  '-Wl,--build-id=none',
  '-Wl,-z,noexecstack',
];

const SANITIZE = ['-O1', '-g', '-fno-omit-frame-pointer', '-fsanitize=address,undefined'];

const WARNINGS = ['-Wall', '-Wextra', '-Werror'];

export function flagsFor({ arch, sanitize }: Target): Flags {
  if (sanitize)
    return { library: SANITIZE, own: [...SANITIZE, '-fno-sanitize-recover=all', ...WARNINGS], link: [] };
  const machine = ARCHITECTURES[arch].flags;
  return {
    library: [...RELEASE, ...machine, '-fstack-protector'],
    own: [...RELEASE, ...machine, '-fstack-protector-strong', ...WARNINGS],
    link: RELEASE_LINK,
  };
}

/** The directory of QuickJS's object files for these flags; compiled once, quickjs.c takes most of the time. */
export async function compileLibrary(
  compiler: Compiler,
  flags: readonly string[],
  source: string,
  directory: string,
): Promise<string> {
  const all = [...compiler.args, ...flags, ...DEFINES];
  const key = inputsDigest({ source: QUICKJS.sha256, version: compiler.version, flags: all });
  return makeOnce(join(directory, `quickjs-${key.slice(0, 12)}`), async (unfinished) => {
    await mkdir(unfinished);
    await Promise.all(
      LIBRARY.map((file) =>
        execa(compiler.command, [...all, '-c', file, '-o', join(unfinished, file.replace('.c', '.o'))], {
          cwd: source,
        }),
      ),
    );
  });
}

/** What the executable is made of. */
export interface Parts {
  /** The directory of our own C files. */
  readonly own: string;
  readonly bytecode: string;
  /** Where QuickJS's headers are. */
  readonly source: string;
  /** The directory of its object files. */
  readonly library: string;
}

/** Compiles our own C files and the bytecode and links all. */
export async function link(compiler: Compiler, flags: Flags, parts: Parts, output: string): Promise<void> {
  // quickjs-libc.c is compiled as part of our libc.c, which takes only some of it.
  const names = (await readdir(parts.library)).filter((name) => name !== 'quickjs-libc.o');
  const objects = names.toSorted().map((name) => join(parts.library, name));
  const args = [
    ...compiler.args,
    ...flags.own,
    ...flags.link,
    // Not our headers: no warnings about them.
    '-isystem',
    parts.source,
    ...(await cFiles(parts.own)),
    parts.bytecode,
    ...objects,
    ...LIBRARIES,
    '-o',
    output,
  ];
  await execa(compiler.command, args, { cwd: parts.own });
}

/** The names of our C files, headers left out. */
async function cFiles(directory: string): Promise<string[]> {
  return (await readdir(directory)).filter((name) => name.endsWith('.c')).toSorted();
}
