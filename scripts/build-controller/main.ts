/** Bundles the controller for its image: `node scripts/build-controller/main.ts`, into `dist/controller`. */
import { mkdir, rename, rm } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { execa } from 'execa';
import packageJson from '../../package.json' with { type: 'json' };
import { withScratch } from '../build-agent/cache.ts';
import { bundle, ENTRY, writeFiles } from './bundle.ts';

const ROOT = join(import.meta.dirname, '../..');
const OUTPUT = join(ROOT, 'dist/controller-bundle');

process.exitCode = await main();

/** Returns the exit code: 0 when the bundle is there and runs. */
async function main(): Promise<number> {
  try {
    await withScratch(join(ROOT, 'build/controller'), async (scratch) => {
      const unfinished = join(scratch, 'controller');
      const files = await bundle(ROOT);
      await writeFiles(unfinished, files);
      await check(join(unfinished, ENTRY), scratch);
      // Parts that nobody refers to any more go too.
      await rm(OUTPUT, { recursive: true, force: true });
      await mkdir(dirname(OUTPUT), { recursive: true });
      await rename(unfinished, OUTPUT);
      for (const { name, contents } of files)
        process.stdout.write(`${relative(process.cwd(), join(OUTPUT, name))} ${contents.length} bytes\n`);
    });
    return 0;
  } catch (error) {
    process.stderr.write(`build-controller: ${error instanceof Error ? error.message : String(error)}\n`);
    return 1;
  }
}

/** What does not run does not get to `dist`. */
async function check(entry: string, cwd: string): Promise<void> {
  const { stdout } = await execa(process.execPath, [entry, '--version'], { cwd });
  if (stdout !== packageJson.version)
    throw new Error(`the bundle says it is version ${stdout}, instead of ${packageJson.version}`);
}
