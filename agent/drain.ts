/** Waits for the output of a command that is over. */
import { type Bell } from './bell.ts';
import { type Clock, type Running } from './platform.ts';

/** How long the pipe may be silent: a process that the command left behind, and that keeps it open, cannot hold the step. */
const SILENCE = 2_000;

/** How long such a process may go on to write. What the command itself wrote has no such limit. */
const LEFT_BEHIND = 10_000;

/** How often one looks. */
const LOOK = 100;

/**
 * Ends when all output is where it belongs, or when only processes that the command left behind could still write. A
 * reader may be as slow as it likes, unless the step is asked to end: then it must take something every two seconds.
 *
 * @param hurried - whether the step is asked to end
 */
export async function drain(
  running: Pick<Running, 'drained' | 'flow'>,
  hurried: () => boolean,
  { bell, clock }: { bell: Bell; clock: Clock },
): Promise<void> {
  const atEnd = running.flow();
  const owed = atEnd.moved + atEnd.left;
  let moved = atEnd.moved;
  let silentSince = clock.elapsed();
  let settledAt: number | undefined;
  while (!running.drained()) {
    const now = clock.elapsed();
    const flow = running.flow();
    if (flow.moved !== moved || (flow.left > 0 && !hurried())) silentSince = now;
    moved = flow.moved;
    if (flow.left === 0 || moved >= owed) settledAt ??= now;
    if (now - silentSince >= SILENCE || now - (settledAt ?? now) >= LEFT_BEHIND) return;
    await bell.wait(LOOK);
  }
}
