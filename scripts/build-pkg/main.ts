/**
 * Packages the command `taskflow`, with Node and the Node agent inside, as one executable per architecture.
 * `node scripts/build-pkg/main.ts [--arch amd64|arm64|all|host]`; all of them by default, `host` is this machine's.
 */
import { join, relative } from 'node:path';
import { parseArgs } from 'node:util';
import { requireCommands } from '../build-agent/commands.ts';
import { hostArch, targetsOf } from '../build-agent/target.ts';
import { compilerCommands } from '../build-agent/toolchain.ts';
import packageJson from '../../package.json' with { type: 'json' };
import { buildExecutable, type Layout } from './build.ts';
import { NODE } from './node.ts';

const ROOT = join(import.meta.dirname, '../..');

const LAYOUT: Layout = {
  root: ROOT,
  work: join(ROOT, 'build/pkg'),
  dist: join(ROOT, 'dist/pkg'),
  version: packageJson.version,
};

process.exitCode = await main(process.argv.slice(2));

/** Returns the exit code: 0 when everything asked for is there and runs. */
async function main(args: string[]): Promise<number> {
  try {
    const { values } = parseArgs({ args, options: { arch: { type: 'string', default: 'all' } } });
    if (process.platform !== 'linux')
      throw new Error(`this is ${process.platform}: do it in a Linux container`);
    // The blob has the layout of the Node that makes it.
    if (process.versions.node !== NODE.version)
      throw new Error(
        `this is Node ${process.version}, not ${NODE.version}: npm run build:pkg brings the right one`,
      );
    const targets = targetsOf(values.arch === 'host' ? {} : values, hostArch());
    await requireCommands(compilerCommands(targets), say);
    for (const { arch } of targets) {
      const { path, bytes, sha256 } = await buildExecutable(arch, LAYOUT, say);
      process.stdout.write(`${relative(process.cwd(), path)} ${bytes} bytes sha256:${sha256}\n`);
    }
    return 0;
  } catch (error) {
    process.stderr.write(`build-pkg: ${error instanceof Error ? error.message : String(error)}\n`);
    return 1;
  }
}

function say(line: string): void {
  process.stderr.write(`build-pkg: ${line}\n`);
}
