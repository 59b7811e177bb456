/**
 * What a controller says of steps that post no outcome: an agent that was killed with its container says nothing, and a
 * step that will never begin neither. It is an annotation of the pod, beside order and gate, and agents read it as they
 * read an outcome; one that was posted counts more.
 */
import { QUIT } from './order.ts';
import { isOutcomeKind, next, OUTCOME_VERSION, type Outcome, type OutcomeKind } from './outcome.ts';
import { byStep, mapOf, parseMap } from './record.ts';

/** What becomes of a Task. */
const TASK_OUTCOMES = ['Successful', 'Failure', 'Cancelled'] as const;
export type TaskOutcome = (typeof TASK_OUTCOMES)[number];

/** How a step ended, or that it will never begin. */
export type OverStep = Pick<Outcome, 'outcome' | 'exitCode'>;

/** The record, by the steps' numbers. */
export interface Over {
  readonly steps: ReadonlyMap<number, OverStep>;
  /** What becomes of the Task, where no outcome of its steps says so: it ran out of its own time. */
  readonly outcome?: TaskOutcome;
}

/** Says nothing. */
export const NOTHING_OVER: Over = { steps: new Map() };

/** A text that is no such record. */
export class OverError extends Error {
  override name = 'OverError';
}

/** The longest text that is read; the record of a thousand steps has less. */
const MAX_LENGTH = 64 * 1024;

/**
 * The record as one line of JSON.
 *
 * @example encodeOver({ steps: new Map([[3, { outcome: 'Failed', exitCode: 137 }]]) }) // '{"steps":{"3":{"outcome":"Failed","exitCode":137}}}'
 */
export function encodeOver({ steps, outcome }: Over): string {
  const each = [...steps].map(([number, { outcome: kind, exitCode }]) => [
    number,
    { outcome: kind, exitCode },
  ]);
  return JSON.stringify({ steps: Object.fromEntries(each), ...(outcome !== undefined && { outcome }) });
}

/**
 * Reads what {@link encodeOver} wrote. Anybody who may change the pod may write anything there, so one entry that makes
 * no sense makes the whole no record. An empty text says nothing: the annotation is not there.
 *
 * @throws {OverError} saying what is wrong with the text.
 * @example parseOver('{"steps":{"3":{"outcome":"Failed","exitCode":137}}}').steps.get(3)?.outcome // 'Failed'
 */
export function parseOver(text: string): Over {
  if (text.trim() === '') return NOTHING_OVER;
  const { steps = {}, outcome } = parseMap(text, OverError, { maxLength: MAX_LENGTH });
  const said = TASK_OUTCOMES.find((each) => each === outcome);
  if (outcome !== undefined && said === undefined)
    throw new OverError(`its outcome is none of ${TASK_OUTCOMES.join(', ')}`);
  return {
    steps: new Map(byStep(steps, OverError).map(parseStep)),
    ...(said !== undefined && { outcome: said }),
  };
}

function parseStep([number, value]: [number, unknown]): [number, OverStep] {
  const { outcome, exitCode } = mapOf(value, `step ${number}`, OverError);
  if (!isOutcomeKind(outcome)) throw new OverError(`the outcome of step ${number} is no outcome`);
  if (typeof exitCode !== 'number' || (exitCode | 0) !== exitCode)
    throw new OverError(`the exitCode of step ${number} is no exit code`);
  return [number, { outcome, exitCode }];
}

/** What is said of a step, as the outcome that it did not post itself. */
export function outcomeOver(number: number, { outcome, exitCode }: OverStep): Outcome {
  const said: Partial<Record<OutcomeKind, string>> = {
    Skipped: 'an earlier step stopped the chain',
    Cancelled: 'the Task was cancelled',
  };
  const message = said[outcome] ?? `exit code ${exitCode}; its agent said nothing`;
  return {
    version: OUTCOME_VERSION,
    outcome,
    exitCode,
    finishedAt: '',
    attempts: 0,
    reason: 'SaidNothing',
    step: '',
    number,
    message,
  };
}

/**
 * What becomes of a Task whose steps are all over, in the words of its status: a failure counts more than a cancel, and
 * what came too late to stop anything is nothing.
 *
 * @param ended - how each step ended
 * @param order - the order that a step sees now
 * @example taskOutcome([{ outcome: 'Succeeded' }, { outcome: 'Omitted' }], 0) // 'Successful'
 */
export function taskOutcome(
  ended: readonly Pick<Outcome, 'outcome'>[],
  order: number | undefined,
): TaskOutcome {
  const stopped = ended.filter((each) => next(each) === 'stop').map(({ outcome }) => outcome);
  if (stopped.length === 0) return 'Successful';
  const failed = stopped.some((outcome) => outcome !== 'Cancelled' && outcome !== 'Skipped');
  return failed || order !== QUIT ? 'Failure' : 'Cancelled';
}
