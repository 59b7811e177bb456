/** Writes to the standard streams at once: what process.stdout could not write yet would be lost at the exit. */
import { constants, openSync, writeSync } from 'node:fs';
import { SystemError } from '../../../shared/turn/errors.ts';
import { systemError } from './files.ts';

/** How long standard output and standard error may take nothing, milliseconds. */
const PATIENCE = { print: 30_000, warn: 1_000 };

/** Between two tries, milliseconds. */
const PAUSE = 20;

let stderr: number | undefined;
let patience = PATIENCE.warn;

/** @throws {SystemError} */
export function print(text: string): void {
  writeText(1, text, { name: 'standard output', patience: PATIENCE.print });
}

export function warn(line: string): void {
  try {
    stderr ??= reopened();
    writeText(stderr, `${line}\n`, { name: 'standard error', patience });
  } catch (error) {
    if (!(error instanceof SystemError)) throw error;
    // Whoever reads it is stuck, or gone: it is not waited for again.
    patience = 0;
  }
}

/** A descriptor that never blocks: what this program shares with the command, each of them can make block. */
function reopened(): number {
  const { O_WRONLY, O_APPEND, O_NONBLOCK, O_NOCTTY } = constants;
  try {
    return openSync('/dev/stderr', O_WRONLY | O_APPEND | O_NONBLOCK | O_NOCTTY);
  } catch {
    return 2;
  }
}

function writeText(descriptor: number, text: string, to: { name: string; patience: number }): void {
  const bytes = Buffer.from(text);
  const until = performance.now() + to.patience;
  for (let done = 0; done < bytes.length;) {
    try {
      done += writeSync(descriptor, bytes, done);
    } catch (cause) {
      const error = systemError(cause, to.name);
      if (error.code !== 'EAGAIN' || performance.now() >= until) throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, PAUSE);
    }
  }
}
