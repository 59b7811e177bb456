/** The real controller as a process of its own, bundled once so that it starts within a tenth of a second. */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { onTestFinished } from 'vitest';
import { bundle, ENTRY, writeFiles } from '../../../scripts/build-controller/bundle.ts';
import { scratch } from '../../support/scratch.ts';
import { waitUntil } from '../../support/wait-until.ts';

const ROOT = join(import.meta.dirname, '../../..');

/** Makes the bundle in a directory of the test's own; returns what Node is to run. */
export async function bundledController(): Promise<string> {
  const directory = await scratch();
  await writeFiles(directory, await bundle(ROOT));
  return join(directory, ENTRY);
}

export interface End {
  code: number | null;
  signal: NodeJS.Signals | null;
}

export interface ControllerProcess {
  /** What it logged, one entry each. */
  lines: readonly Readonly<Record<string, unknown>>[];
  /** Resolves when it has ended. */
  ended: Promise<End>;
  /** Whether it was only ended because nobody needs it any more. */
  testIsOver: () => boolean;
  kill: (signal: NodeJS.Signals) => void;
  /** Waits until it logs this message. */
  says: (message: string) => Promise<Readonly<Record<string, unknown>>>;
}

/** Starts one; the test's end kills it. */
export function startController(bundled: string, args: readonly string[]): ControllerProcess {
  let testIsOver = false;
  let kill = (): Promise<unknown> => Promise.resolve();
  // Before there is a process: where no test runs any more this throws.
  onTestFinished(async () => {
    testIsOver = true;
    await kill();
  });
  const child = spawn(
    process.execPath,
    [bundled, '--metrics-addr', '127.0.0.1:0', '--agent-image', 'taskflow/agent:1', ...args],
    { stdio: ['ignore', 'pipe', 'pipe'] },
  );
  const lines: Readonly<Record<string, unknown>>[] = [];
  for (const stream of [child.stdout, child.stderr])
    createInterface({ input: stream }).on('line', (line) => lines.push(entryOf(line)));
  let end: End | undefined;
  const ended = new Promise<End>((resolve) => {
    child.once('exit', (code, signal) => resolve((end = { code, signal })));
  });
  kill = () => {
    child.kill('SIGKILL');
    return ended;
  };
  return {
    lines,
    ended,
    testIsOver: () => testIsOver,
    kill: (signal) => void child.kill(signal),
    says: async (message) =>
      waitUntil(`the controller says "${message}"`, () => {
        if (end !== undefined) throw new Error(`it ended before: ${JSON.stringify(lines.slice(-5))}`);
        return lines.find(({ msg }) => msg === message);
      }),
  };
}

/** Starts another one whenever one has ended, as a Deployment does, until the test is over. */
export function keepRunning(
  start: () => ControllerProcess,
  { onStart, onEnd }: { onStart?: (started: ControllerProcess) => void; onEnd?: (end: End) => void },
): void {
  const started = start();
  onStart?.(started);
  void started.ended.then((end) => {
    if (started.testIsOver()) return;
    onEnd?.(end);
    keepRunning(start, { ...(onStart && { onStart }), ...(onEnd && { onEnd }) });
  });
}

function entryOf(line: string): Readonly<Record<string, unknown>> {
  try {
    return JSON.parse(line) as Readonly<Record<string, unknown>>;
  } catch {
    return { msg: line };
  }
}
