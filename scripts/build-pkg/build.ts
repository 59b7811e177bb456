import { chmod, mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { withScratch } from '../build-agent/cache.ts';
import { inputsDigest, makeOnce, type Built } from '../build-agent/stamp.ts';
import { type Arch } from '../build-agent/target.ts';
import { bundle } from './bundle.ts';
import { check, runnerFor } from './check.ts';
import { NODE, pkgTarget, provideNode, stripCommand } from './node.ts';
import { forgetPath, scriptPath } from './script-path.ts';

const PKG = fileURLToPath(import.meta.resolve('@yao-pkg/pkg/lib-es5/bin.js'));

/** Where the build reads and writes; all absolute. */
export interface Layout {
  readonly root: string;
  /** Node's executables: only a cache. */
  readonly work: string;
  /** Gets one directory per architecture. */
  readonly dist: string;
  /** The product's version. */
  readonly version: string;
}

/** Builds one executable and runs it, or finds that it is up to date. What does not run does not get to `dist`. */
export async function buildExecutable(
  arch: Arch,
  { root, work, dist, version }: Layout,
  say: (line: string) => void,
): Promise<Built> {
  const output = join(dist, `linux-${arch}`, 'taskflow');
  const stamp = join(work, `linux-${arch}.stamp`);
  const script = await bundle(join(root, 'cli/packaged.ts'), root);
  const inputs = inputsDigest({
    script,
    node: NODE.packages[arch].integrity,
    tools: [await versionOf(stripCommand(arch)), await versionOf(process.execPath, PKG)],
    build: await readFile(fileURLToPath(import.meta.url), 'utf8'),
  });

  return makeOnce(output, { stamp, inputs }, async () => {
    await provideNode(arch, join(work, 'home'), say);
    await withScratch(work, async (scratch) => {
      say(`packaging linux-${arch}`);
      const built = join(scratch, 'taskflow');
      await makeExecutable(script, built, { arch, home: join(work, 'home') });
      const runner = await runnerFor(arch);
      if (runner) await check(built, runner, { version, scratch, installed: join(work, `linux-${arch}`) });
      else say(`linux-${arch} was not run: there is no emulator for it here`);
      await mkdir(dirname(output), { recursive: true });
      await rename(built, output);
    });
  });
}

/** pkg puts the script into Node's executable, which `home` has. */
async function makeExecutable(
  script: string,
  output: string,
  { arch, home }: { arch: Arch; home: string },
): Promise<void> {
  const path = scriptPath(dirname(output));
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, script);
  // Where it finds no package.json and no configuration, pkg makes a plain SEA, without a file system inside.
  const options = { cwd: dirname(path), env: { HOME: home } };
  await execa(process.execPath, [PKG, '--sea', '-t', pkgTarget(arch), '-o', output, path], options);
  const executable = await readFile(output);
  forgetPath(executable, path);
  await writeFile(output, executable);
  await chmod(output, 0o755);
}

async function versionOf(command: string, ...args: string[]): Promise<string> {
  const { stdout } = await execa(command, [...args, '--version'], { env: { LC_ALL: 'C' } });
  return stdout.split('\n')[0] ?? '';
}
