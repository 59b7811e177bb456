/**
 * Builds the static agent: TypeScript → one module → QuickJS bytecode → C → a static executable that runs in any
 * image. `node scripts/build-agent/main.ts [--arch amd64|arm64|all] [--sanitize] [--if-possible]`
 */
import { readFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { parseArgs } from 'node:util';
import { buildTarget, prepare, type Layout } from './build.ts';
import { PrerequisiteError, shortNote } from './prerequisites.ts';
import { hostArch, targetsOf } from './target.ts';

const ROOT = join(import.meta.dirname, '../..');

const OPTIONS = {
  arch: { type: 'string' },
  sanitize: { type: 'boolean' },
  'if-possible': { type: 'boolean' },
} as const;

process.exitCode = await main(process.argv.slice(2));

/** Returns the exit code: 0 when everything asked for is there, or `--if-possible` when it cannot be; else 1. */
async function main(args: string[]): Promise<number> {
  const ifPossible = args.includes('--if-possible');
  try {
    const { values } = parseArgs({ args, options: OPTIONS });
    if (process.platform !== 'linux') throw notLinux();
    const layout = await readLayout();
    const targets = targetsOf(values, hostArch());
    const source = await prepare(targets, layout, say);
    for (const target of targets) {
      const { path, bytes, sha256 } = await buildTarget(target, source, layout, say);
      process.stdout.write(`${relative(process.cwd(), path)} ${bytes} bytes sha256:${sha256}\n`);
    }
    return 0;
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    const tolerated = ifPossible && error instanceof PrerequisiteError;
    process.stderr.write(`${tolerated ? shortNote(error) : inFull(error)}\n`);
    return tolerated ? 0 : 1;
  }
}

/** With what apt said, where it was apt that could not. */
function inFull({ message, cause }: Error): string {
  return cause instanceof Error ? `${message}\n${cause.message}` : message;
}

async function readLayout(): Promise<Layout> {
  const manifest: unknown = JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8'));
  if (typeof manifest !== 'object' || manifest === null || !('version' in manifest))
    throw new Error('package.json has no version');
  return {
    entry: join(ROOT, 'agent/platform/linux'),
    work: join(ROOT, 'build/agent'),
    dist: join(ROOT, 'dist/agent'),
    version: String(manifest.version),
  };
}

function notLinux(): PrerequisiteError {
  const what = `this is ${process.platform}, not Linux`;
  return new PrerequisiteError([{ what, cure: 'build it in a Linux container' }]);
}

function say(line: string): void {
  process.stderr.write(`build-agent: ${line}\n`);
}
