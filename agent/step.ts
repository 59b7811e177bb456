/** Runs the step's command to its end, again where it may, or stops it. */
import { type Bell } from './bell.ts';
import { drain } from './drain.ts';
import { SHORTAGES } from '../shared/turn/errors.ts';
import { type Options } from './flags/options.ts';
import { type Clock, type Exit, type Running } from './platform.ts';
import { SIGHUP, SIGINT, SIGKILL, signalName, SIGQUIT, SIGTERM } from '../shared/turn/signals.ts';

/** The longest delay between two attempts. */
const MAX_RETRY_DELAY = 5 * 60_000;

/** The first and the last delay before what is short is asked for again; each is twice the one before. Milliseconds. */
const FIRST_SHORTAGE = 100;
const LAST_SHORTAGE = 1_600;

/** How long a command that was killed may take to be gone. A process that waits for a dead disk takes for ever. */
const DEATH = 30_000;

/** The same for what it left behind, which nobody asks for its end; and how often it is looked at. */
const CLEAR = 5_000;
const CLEAR_POLL = 20;

/** The signals that ask for an end: they end a step that waits, and no attempt or hold comes after them. */
export const ENDING: readonly number[] = [SIGHUP, SIGINT, SIGQUIT, SIGTERM];

/** Why a command was stopped. */
export type Stop = 'Cancelled' | 'RunGone' | 'TimedOut';

export interface Ended {
  exit: Exit;
  stopped: Stop | undefined;
  attempts: number;
}

/** What may happen to a step while its command runs. */
export interface Circumstances {
  bell: Bell;
  clock: Clock;
  /** Why the step must not go on, if it must not. */
  stop: () => Exclude<Stop, 'TimedOut'> | undefined;
  /** The next signal to pass on, if one came. */
  nextSignal: () => number | undefined;
  /** Whether a signal came, at any time, that asks for an end. */
  ending: () => boolean;
  /** Sends SIGKILL to what a command left behind, and returns whether some of it may still be there. */
  killRest: () => boolean;
  /** The longest time between two looks, milliseconds. */
  poll: () => number;
}

type Limits = Pick<Options, 'timeout' | 'grace' | 'retries' | 'retryDelay'>;

/** Runs the command until it succeeds, must not go on, or has no attempt left. */
export async function runStep(start: () => Running, limits: Limits, now: Circumstances): Promise<Ended> {
  const deadline = now.clock.elapsed() + (limits.timeout ?? Infinity);
  let delay = Math.min(limits.retryDelay, MAX_RETRY_DELAY);
  for (let attempts = 1; ; attempts++) {
    const ended = { ...(await attempt(start, deadline, limits.grace, now)), attempts };
    if (attempts > limits.retries || !mayTryAgain(ended)) return ended;
    await clear(now);
    const hindrance = await rest(delay, deadline, now);
    // No time left, or asked to end: the failure of the last attempt stands.
    if (hindrance === 'other') return ended;
    if (hindrance !== undefined) return { ...ended, stopped: hindrance };
    delay = Math.min(2 * delay, MAX_RETRY_DELAY);
  }
}

/** What could not be started will not start the next time either, unless it was the system that had no room for it. */
function mayTryAgain({ exit, stopped }: Pick<Ended, 'exit' | 'stopped'>): boolean {
  if (stopped !== undefined) return false;
  return isShortage(exit) || exit.kind === 'signaled' || (exit.kind === 'exited' && exit.code !== 0);
}

/** Whether the command could not be started for want of something that the next moment may bring. */
export function isShortage(exit: Exit): boolean {
  return exit.kind === 'unstartable' && SHORTAGES.includes(exit.error.code);
}

/** Starts the command, for three seconds again and again while the system has no room for it, and sees it to its end. */
async function attempt(
  start: () => Running,
  deadline: number,
  grace: number,
  now: Circumstances,
): Promise<Omit<Ended, 'attempts'>> {
  for (let delay = FIRST_SHORTAGE; ; delay *= 2) {
    const ended = await supervise(start(), deadline, grace, now);
    if (!isShortage(ended.exit) || delay > LAST_SHORTAGE) return ended;
    const hindrance = await rest(delay, deadline, now);
    if (hindrance === 'other') return ended;
    if (hindrance !== undefined) return { ...ended, stopped: hindrance };
  }
}

/** Lets the time between two attempts pass, unless something comes in between. */
async function rest(
  delay: number,
  deadline: number,
  now: Circumstances,
): Promise<Stop | 'other' | undefined> {
  const until = now.clock.elapsed() + delay;
  for (;;) {
    const stop = now.stop();
    if (stop !== undefined) return stop;
    if (now.ending() || until >= deadline) return 'other';
    const left = until - now.clock.elapsed();
    if (left <= 0) return undefined;
    await now.bell.wait(Math.min(left, now.poll()));
  }
}

/** Sees a running command to its end: passes signals on, and stops it when it must not go on. */
async function supervise(
  running: Running,
  deadline: number,
  grace: number,
  now: Circumstances,
): Promise<Omit<Ended, 'attempts'>> {
  const { bell, clock } = now;
  let stopped: Stop | undefined;
  let killAt = Infinity;
  let exit: Exit | undefined;

  while ((exit = running.exit()) === undefined) {
    let refused = passOn(running, now);
    stopped ??= now.stop() ?? (clock.elapsed() >= deadline ? 'TimedOut' : undefined);
    if (stopped !== undefined && killAt === Infinity) {
      killAt = clock.elapsed() + grace;
      // Where even this is refused it still has its grace to end by itself.
      running.signal(SIGTERM);
    }
    if (clock.elapsed() >= killAt && !running.signal(SIGKILL)) refused = SIGKILL;
    if (refused !== undefined) {
      exit = { kind: 'unstoppable', why: `it may not be sent ${signalName(refused)} (EPERM)` };
    } else if (clock.elapsed() >= killAt + DEATH) {
      exit = { kind: 'unstoppable', why: `it is still there ${DEATH / 1000}s after SIGKILL` };
    }
    if (exit !== undefined) return { exit, stopped };
    const events = [stopped === undefined ? deadline : killAt, killAt + DEATH];
    const next = events.find((at) => at > clock.elapsed()) ?? Infinity;
    await bell.wait(Math.min(now.poll(), next - clock.elapsed()));
  }

  const hurried = (): boolean =>
    stopped !== undefined || now.ending() || now.stop() !== undefined || clock.elapsed() >= deadline;
  // Once the step is to end, what the command left behind has no grace of its own.
  if (hurried()) await clear(now);
  await drain(running, hurried, now);
  return { exit, stopped };
}

/** Passes on the signals that came. Returns the one that asks for an end and may not be sent to the command. */
function passOn(running: Running, now: Circumstances): number | undefined {
  let refused: number | undefined;
  for (let signal = now.nextSignal(); signal !== undefined; signal = now.nextSignal()) {
    if (!running.signal(signal) && ENDING.includes(signal)) refused = signal;
  }
  return refused;
}

/** Ends every process that the command left behind, in whatever group or session. */
export async function clear({ bell, clock, killRest }: Pick<Circumstances, 'bell' | 'clock' | 'killRest'>) {
  const until = clock.elapsed() + CLEAR;
  // Killed again each time: what one of them has just started may have been missed.
  while (killRest() && clock.elapsed() < until) await bell.wait(CLEAR_POLL);
}
