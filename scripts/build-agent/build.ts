import { chmod, copyFile, mkdir, readdir, readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { bundle, compileBytecode, makeQjsc } from './bytecode.ts';
import { exists, withScratch } from './cache.ts';
import { requireCommands } from './commands.ts';
import { compileLibrary, DEFINES, flagsFor, link } from './compile.ts';
import { readElf } from './elf.ts';
import { getSource, QUICKJS, sourceDirectory } from './source.ts';
import { inputsDigest, makeOnce, type Built } from './stamp.ts';
import { ARCHITECTURES, hostArch, targetName, type Target } from './target.ts';
import { compilerCommands, findCompiler, type Compiler } from './toolchain.ts';

/** Where the build reads and writes; all absolute. */
export interface Layout {
  /** The directory of `main.ts` and our C files. */
  readonly entry: string;
  /** Downloads, unpacked sources, object files: only a cache. */
  readonly work: string;
  /** Gets one directory per target. */
  readonly dist: string;
  /** The product's version. */
  readonly version: string;
}

/** Gets everything that is not ours: the commands and the source. Throws a PrerequisiteError. */
export async function prepare(
  targets: readonly Target[],
  { work }: Layout,
  say: (line: string) => void,
): Promise<string> {
  const unpacked = await exists(sourceDirectory(work));
  await requireCommands([...compilerCommands(targets), ...(unpacked ? [] : ['xz'])], say);
  return getSource(work, say);
}

/** Builds one executable from the prepared source, or finds that it is up to date. */
export async function buildTarget(
  target: Target,
  source: string,
  layout: Layout,
  say: (line: string) => void,
): Promise<Built> {
  const name = targetName(target);
  const work = join(layout.work, name);
  const output = join(layout.dist, name, 'taskflow-agent');
  const stamp = join(work, 'stamp');
  const flags = flagsFor(target);

  const compiler = await findCompiler(target, layout.work, say);
  const program = await bundle(join(layout.entry, 'main.ts'), layout.version);
  const inputs = inputsDigest({
    ...(await ownFiles(layout.entry)),
    program,
    quickjs: QUICKJS.sha256,
    compiler: [compiler.version, compiler.command, ...compiler.args],
    flags: [...DEFINES, ...flags.own, ...flags.link, '/', ...flags.library],
  });

  return makeOnce(output, { stamp, inputs }, () =>
    withScratch(work, async (scratch) => {
      say(`building ${name}`);
      const [library, bytecode] = await Promise.all([
        compileLibrary(compiler, flags.library, source, work),
        makeBytecode(program, source, layout, scratch),
      ]);
      const built = join(scratch, 'taskflow-agent');
      await link(compiler, flags, { own: layout.entry, bytecode, source, library }, built);
      if (!target.sanitize) await assertRunsAnywhere(built, target);
      await putInPlace(built, output);
    }),
  );
}

async function makeBytecode(
  program: string,
  source: string,
  { work }: Layout,
  scratch: string,
): Promise<string> {
  const host: Compiler = await findCompiler({ arch: hostArch(), sanitize: false }, work, () => {});
  return compileBytecode(await makeQjsc(host, source, work), program, scratch);
}

/** The C files and headers beside the entry, by name; the TypeScript is in the bundle. */
async function ownFiles(directory: string): Promise<Record<string, string>> {
  const names = (await readdir(directory)).filter((name) => /\.[ch]$/.test(name));
  const contents = await Promise.all(names.map(async (name) => readFile(join(directory, name), 'utf8')));
  return Object.fromEntries(contents.map((content, index) => [`file ${names[index]}`, content]));
}

async function assertRunsAnywhere(path: string, { arch }: Target): Promise<void> {
  const { machine, dynamic } = readElf(await readFile(path));
  if (dynamic) throw new Error(`${path} is not static: it would not run in an image without a C library`);
  if (machine !== ARCHITECTURES[arch].machine)
    throw new Error(`${path} is for ELF machine ${machine}, not ${arch}`);
}

/** Complete or not at all: an executable that is running is not written to. */
async function putInPlace(built: string, output: string): Promise<void> {
  await mkdir(join(output, '..'), { recursive: true });
  const neighbour = `${output}.${process.pid}`;
  await copyFile(built, neighbour);
  await chmod(neighbour, 0o755);
  await rename(neighbour, output);
}
