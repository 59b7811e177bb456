/** Runs the step's command to its end, or stops it. */
import { type Bell } from './bell.ts';
import { SIGKILL, SIGTERM } from './signals.ts';
import { type Clock, type Exit, type Running } from './platform.ts';

/** How long output may go on after the command ended: a grandchild that keeps the pipe cannot hold the step. */
const DRAIN = 2_000;

/** Why a command was stopped. */
export type Stop = 'Cancelled';

export interface Ended {
  exit: Exit;
  stopped: Stop | undefined;
}

interface Supervision {
  bell: Bell;
  clock: Clock;
  /** Whether the order says that the step must not go on. */
  cancelled: () => boolean;
  /** The next signal to pass on, if one came. */
  nextSignal: () => number | undefined;
  /** From SIGTERM to SIGKILL, milliseconds. */
  grace: number;
  /** The longest time between two looks, milliseconds. */
  poll: () => number;
}

/** Sees a running command to its end: passes signals on, and stops it when it must not go on. */
export async function supervise(running: Running, by: Supervision): Promise<Ended> {
  const { bell, clock } = by;
  let stopped: Stop | undefined;
  let killAt = Infinity;
  let exit: Exit | undefined;

  while ((exit = running.exit()) === undefined) {
    for (let signal = by.nextSignal(); signal !== undefined; signal = by.nextSignal()) running.signal(signal);
    if (stopped === undefined && by.cancelled()) {
      stopped = 'Cancelled';
      killAt = clock.elapsed() + by.grace;
      running.signal(SIGTERM);
    }
    if (clock.elapsed() >= killAt) {
      running.signal(SIGKILL);
      killAt = Infinity;
    }
    await bell.wait(Math.min(by.poll(), killAt - clock.elapsed()));
  }

  // What the command left behind in its process group goes with it once it was told to stop.
  if (stopped !== undefined) running.signal(SIGKILL);
  const drainedBy = clock.elapsed() + DRAIN;
  while (!running.drained() && clock.elapsed() < drainedBy) await bell.wait(drainedBy - clock.elapsed());
  return { exit, stopped };
}
