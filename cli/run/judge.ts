/** What became of a run, and of a step that was stopped with it. Pure. */
import { complete, neverRan } from '../../shared/turn/ending.ts';
import { EXIT_CODES } from '../../shared/turn/exit-codes.ts';
import { next, type Outcome } from '../../shared/turn/outcome.ts';
import { signalNumber } from '../../shared/turn/signals.ts';
import { type TaskReason, type TaskStatus } from './events.ts';

/** Why a run stopped its steps, other than that somebody asked for it. */
export type Cause =
  /** The Task's own timeout, as it says it. */
  | { kind: 'timeout'; text: string }
  /** A step failed, and `failFast` ends the rest. */
  | { kind: 'failed'; outcome: Outcome };

/** Whether a step failed by itself. */
export function isFailure(outcome: Outcome): boolean {
  return next(outcome) === 'stop' && outcome.outcome !== 'Cancelled' && outcome.outcome !== 'Skipped';
}

/** Agents are only told that all is over; the run knows why. */
export function causedBy(outcome: Outcome, cause: Cause | undefined): Outcome {
  if (cause === undefined || outcome.reason !== 'Cancelled') return outcome;
  if (cause.kind === 'timeout') {
    const told = `the Task timed out after ${cause.text}`;
    return {
      ...outcome,
      reason: 'TimedOut',
      message: outcome.message.replace('the Task was cancelled', told),
    };
  }
  const { step, number, finishedAt } = outcome;
  if (outcome.startedAt === undefined) {
    const skip = neverRan({ kind: 'skip', because: cause.outcome });
    return complete(skip, { step, number }, Date.parse(finishedAt));
  }
  const { step: name, number: of, outcome: kind } = cause.outcome;
  return {
    ...outcome,
    message: outcome.message.replace('the Task was cancelled', `step ${of} (${name}) ended ${kind}`),
  };
}

export interface Judgement {
  status: TaskStatus;
  reason: TaskReason;
  /** 0, the code of the step that failed, 128+n when signal n stopped the run, 1 for another reason. */
  exitCode: number;
  message: string;
}

/**
 * What became of the Task.
 *
 * @param outcomes - of all steps, in their order
 * @param last - how many of them are of `finally`: one that fails makes a success a failure, and no failure another one
 */
export function judge(
  outcomes: readonly Outcome[],
  { last, stop, cause }: { last: number; stop: AbortSignal; cause: Cause | undefined },
): Judgement {
  const [failed] = [
    outcomes.slice(0, outcomes.length - last),
    outcomes.slice(outcomes.length - last),
  ].flatMap((some) => firstStopper(some) ?? []);
  if (failed === undefined)
    return { status: 'Successful', reason: 'Succeeded', exitCode: 0, message: counted(outcomes.length) };
  if (stop.aborted) {
    const message = `stopped by ${reasonOf(stop)}`;
    return { status: 'Cancelled', reason: 'Cancelled', exitCode: exitCodeOf(stop), message };
  }
  const { number, step, outcome, message } = failed;
  if (cause?.kind === 'timeout' && outcome === 'Cancelled') {
    return {
      status: 'Failure',
      reason: 'TimedOut',
      exitCode: EXIT_CODES.TIMED_OUT.code,
      message: `the Task timed out after ${cause.text}, in step ${number} (${step})`,
    };
  }
  return {
    status: 'Failure',
    reason: 'StepFailed',
    exitCode: failed.exitCode,
    message: `step ${number} (${step}) ended ${outcome}: ${message}`,
  };
}

/** The step that failed first; else one that was stopped as it ran; else any that did not go on. */
function firstStopper(outcomes: readonly Outcome[]): Outcome | undefined {
  const stoppers = outcomes.filter((outcome) => next(outcome) === 'stop');
  const [failed] = stoppers
    .filter(isFailure)
    .toSorted((one, other) => Date.parse(one.finishedAt) - Date.parse(other.finishedAt));
  return failed ?? stoppers.find(({ startedAt }) => startedAt !== undefined) ?? stoppers[0];
}

const counted = (steps: number): string => `${steps} ${steps === 1 ? 'step' : 'steps'}`;

export const reasonOf = (stop: AbortSignal): string => String(stop.reason);

/** The exit code of a run that was stopped. */
export function exitCodeOf(stop: AbortSignal): number {
  const signal = signalNumber(reasonOf(stop));
  return signal === undefined ? 1 : EXIT_CODES.SIGNALED.code + signal;
}
