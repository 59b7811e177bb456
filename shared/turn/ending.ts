/** The outcome of a step, from how it ended; that of one that never ran too. */
import { EXIT_CODES } from './exit-codes.ts';
import type { Turn } from './order.ts';
import type { ResumeAction } from './resume.ts';
import { OUTCOME_VERSION, type Outcome } from './outcome.ts';
import { signalName } from './signals.ts';

/** What is particular to one ending; {@link complete} adds the rest. */
export type Ending = Pick<Outcome, 'outcome' | 'exitCode' | 'reason' | 'message'> &
  Partial<Pick<Outcome, 'signal' | 'attempts'>>;

/** Why a step did not run: its turn cannot come any more, or something came before. */
export type NeverRan =
  | Extract<Turn, { kind: 'skip' | 'cancelled' }>
  | { kind: 'signaled'; signal: number }
  /** Whoever started the agent is gone. */
  | { kind: 'abandoned' }
  /** A condition does not hold; `why` is a sentence. */
  | { kind: 'omitted'; why: string }
  /** It was held, and a Resume said that it is not to run. */
  | { kind: 'resumed'; action: Extract<ResumeAction, 'Skip' | 'Fail'> }
  /** What it takes from earlier steps cannot be had. */
  | { kind: 'unsaid'; reason: string; why: string };

export function neverRan(verdict: NeverRan): Ending {
  switch (verdict.kind) {
    case 'skip':
      return {
        outcome: 'Skipped',
        exitCode: EXIT_CODES.SKIPPED.code,
        reason: 'EarlierStepStopped',
        message: because(verdict.because),
      };
    case 'cancelled':
      return {
        outcome: 'Cancelled',
        exitCode: EXIT_CODES.CANCELLED.code,
        reason: 'Cancelled',
        message: 'the Task was cancelled',
      };
    case 'omitted':
      return { outcome: 'Omitted', exitCode: 0, reason: 'ConditionNotMet', message: verdict.why };
    case 'resumed': {
      const { outcome, reason, message } = BY_RESUME[verdict.action];
      return {
        outcome,
        exitCode: outcome === 'Failed' ? 1 : 0,
        reason,
        message: `${message} before it began`,
      };
    }
    case 'unsaid':
      return {
        outcome: 'Error',
        exitCode: EXIT_CODES.AGENT_FAILED.code,
        reason: verdict.reason,
        message: verdict.why,
      };
    case 'abandoned':
      return {
        outcome: 'Cancelled',
        exitCode: EXIT_CODES.CANCELLED.code,
        reason: 'RunGone',
        message: "the run was gone before the step's turn",
      };
    case 'signaled': {
      const signal = signalName(verdict.signal);
      const message = `${signal} came before the step's turn`;
      return {
        outcome: 'Cancelled',
        exitCode: EXIT_CODES.CANCELLED.code,
        signal,
        reason: 'Signaled',
        message,
      };
    }
  }
}

/** How a Resume ends a step that has not begun. */
export const BY_RESUME = {
  Skip: { outcome: 'Omitted', reason: 'SkippedByResume', message: 'skipped by a Resume' },
  Fail: { outcome: 'Failed', reason: 'FailedByResume', message: 'failed by a Resume' },
} as const;

function because(earlier: Outcome): string {
  // A skipped step passes on the message that it skipped for, so that the last one still names the first cause.
  if (earlier.outcome === 'Skipped') return earlier.message;
  return `step ${earlier.number}${earlier.step && ` (${earlier.step})`} ended ${earlier.outcome}: ${earlier.message}`;
}

/**
 * The record, the most telling fields first: of a pod with many containers the kubelet keeps only the beginning of each.
 *
 * @param finished - milliseconds since the epoch; `started` too, absent when the command never was
 */
export function complete(
  ending: Ending,
  of: { step: string; number: number | undefined },
  finished: number,
  started?: number,
): Outcome {
  const time = (ms: number): string => new Date(ms).toISOString();
  const { outcome, exitCode, signal, attempts = 0, reason, message } = ending;
  return {
    version: OUTCOME_VERSION,
    outcome,
    exitCode,
    ...(signal !== undefined && { signal }),
    ...(started !== undefined && { startedAt: time(started) }),
    finishedAt: time(finished),
    attempts,
    reason,
    step: of.step,
    number: of.number ?? 0,
    message,
  };
}
