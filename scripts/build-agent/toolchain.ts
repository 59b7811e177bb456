import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { download, findArchive } from './apt.ts';
import { exists, makeOnce, withScratch } from './cache.ts';
import { onPath } from './commands.ts';
import { PrerequisiteError } from './prerequisites.ts';
import { ARCHITECTURES, hostArch, type Arch, type Target } from './target.ts';

const UNPACK = 'dpkg-deb';

/** A C compiler and the arguments that make it compile for the target. */
export interface Compiler {
  readonly command: string;
  readonly args: readonly string[];
  /** What it says of itself: another compiler makes other bytes. */
  readonly version: string;
}

/** The commands that building for these targets needs. */
export function compilerCommands(targets: readonly Target[]): readonly string[] {
  return [...new Set(['gcc', ...targets.map(({ arch }) => gccFor(arch))])];
}

/** The compiler for a target: gcc with musl, or for the sanitizers (which need glibc) gcc as it is. */
export async function findCompiler(
  { arch, sanitize }: Target,
  work: string,
  say: (line: string) => void,
): Promise<Compiler> {
  const { command, args } = sanitize ? { command: 'gcc', args: [] } : await gccWithMusl(arch, work, say);
  const { stdout } = await execa(command, ['--version'], { env: { LC_ALL: 'C' } });
  return { command, args, version: stdout.split('\n')[0] ?? '' };
}

function gccFor(arch: Arch): string {
  return arch === hostArch() ? 'gcc' : `${ARCHITECTURES[arch].gnu}-gcc`;
}

/** gcc learns of musl by a specs file, which Debian's musl-dev brings and its `musl-gcc` names as well. */
async function gccWithMusl(
  arch: Arch,
  work: string,
  say: (line: string) => void,
): Promise<Pick<Compiler, 'command' | 'args'>> {
  const installed = join('/', specsPath(arch));
  if (await exists(installed)) return { command: gccFor(arch), args: [`-specs=${installed}`] };
  if (arch === hostArch() && (await onPath('musl-gcc'))) return { command: 'musl-gcc', args: [] };
  const root = await unpackMusl(arch, work, say);
  return { command: gccFor(arch), args: [`--sysroot=${root}`, `-specs=${join(root, specsPath(arch))}`] };
}

function specsPath(arch: Arch): string {
  return `usr/lib/${ARCHITECTURES[arch].musl}/musl-gcc.specs`;
}

/** Debian's musl-dev for the architecture, unpacked to the work directory: needs no root, touches nothing else. */
async function unpackMusl(arch: Arch, work: string, say: (line: string) => void): Promise<string> {
  const root = join(work, `musl-${arch}`);
  return makeOnce(root, async (unfinished) => {
    say(`fetching musl for ${arch}`);
    try {
      await withScratch(work, async (scratch) => {
        const archive = await findArchive(scratch);
        await download({ type: 'deb', ...archive, arch }, scratch, ['download', `musl-dev:${arch}`]);
        const deb = (await readdir(scratch)).find((name) => name.endsWith('.deb')) ?? 'musl-dev.deb';
        await execa(UNPACK, ['--extract', join(scratch, deb), unfinished]);
      });
    } catch (cause) {
      const own = arch === hostArch() ? 'musl-tools' : `musl-dev:${arch}`;
      throw new PrerequisiteError([muslMissing(arch, own)], { cause });
    }
    const specs = join(unfinished, specsPath(arch));
    await writeFile(specs, relocate(await readFile(specs, 'utf8')));
  });
}

function muslMissing(arch: Arch, packageName: string): { what: string; cure: string } {
  return { what: `musl for ${arch} is missing`, cure: `sudo apt-get install ${packageName}` };
}

/** Makes the paths of a specs file begin at gcc's `--sysroot`, which unlike the file itself may have blanks. */
export function relocate(specs: string): string {
  return specs.replaceAll('/usr/', '%R/usr/');
}
