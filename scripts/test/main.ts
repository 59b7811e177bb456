/**
 * Builds what the tests need and runs them: `npm test [-- ARGUMENTS OF VITEST]`. The tests run as a command of the
 * static agent: however the run ends, even by SIGKILL, nothing that a test started lives on.
 */
import { constants } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { hostArch } from '../build-agent/target.ts';

const ROOT = join(import.meta.dirname, '../..');
/** npm, or the shell that it starts, may be killed without a word to this process. Milliseconds. */
const PARENT_POLL = 1_000;

const stop = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => stop.abort());
const parent = process.ppid;
setInterval(() => process.ppid === parent || stop.abort(), PARENT_POLL).unref();

process.exitCode = await main(process.argv.slice(2));

async function main(args: readonly string[]): Promise<number> {
  for (const script of ['build', 'build:agent', 'test:tools']) {
    const code = await run('npm', ['run', '-s', script]);
    if (code !== 0) return code;
  }
  const agent = join(ROOT, `dist/agent/linux-${hostArch()}/taskflow-agent`);
  const vitest = join(ROOT, 'node_modules/.bin/vitest');
  return run(agent, ['--lifeline', '3', '--grace', '10s', '--', vitest, 'run', ...args]);
}

/** @returns its exit code as a shell has it, 128+n for signal n */
async function run(file: string, args: readonly string[]): Promise<number> {
  const { exitCode, signal } = await execa(file, args, {
    cwd: ROOT,
    // Most of a short command's time is compiling what it is written in.
    env: { NODE_COMPILE_CACHE: join(ROOT, 'build/compile-cache') },
    // The fourth is the lifeline: it ends with this process.
    stdio: ['inherit', 'inherit', 'inherit', 'pipe'],
    cancelSignal: stop.signal,
    // The agent stops the tests first.
    forceKillAfterDelay: 30_000,
    buffer: false,
    reject: false,
  });
  return exitCode ?? 128 + (signal === undefined ? 0 : constants.signals[signal]);
}
