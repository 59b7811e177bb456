/**
 * What lets held steps go on. A step may hold before its command and after it, and after it again when the command ran
 * again. The k-th hold of a step takes the k-th entry of its list, so each entry is applied once and none is lost, whoever
 * reads the list how often. It is an annotation of the pod, beside order, gate and over; a file in a local run.
 */
import { byStep, mapOf, parseMap } from './record.ts';

/** What a held step is told. */
export const RESUME_ACTIONS = ['Continue', 'Retry', 'Skip', 'Fail'] as const;
export type ResumeAction = (typeof RESUME_ACTIONS)[number];

/** Where a step can hold: before its command, after it, or after it when it failed. */
export const HOLDS = ['Before', 'After', 'OnFailure'] as const;
export type HoldKind = (typeof HOLDS)[number];

/** The file, in a step's run directory, that says that the step is held: a {@link Hold}. */
export const HELD_FILE = 'held';

/** How often a step holds. What would be a later hold is none. */
export const MAX_HOLDS = 100;

/** A step that is held. */
export interface Hold {
  /** From 1: which of the step's holds this is. */
  readonly number: number;
  readonly kind: HoldKind;
  /** RFC 3339. */
  readonly since: string;
}

/** What ended, or will end, one hold. */
export interface ResumeEntry {
  readonly action: ResumeAction;
  /** Who gave it: the uid of a Resume, or another short word. */
  readonly by: string;
  /** When it was given, RFC 3339. */
  readonly at?: string;
}

/** All that was given so far: for each step, by its number, one entry for each of its holds. */
export interface Resumes {
  readonly steps: ReadonlyMap<number, readonly ResumeEntry[]>;
}

/** Nothing was given. */
export const NO_RESUMES: Resumes = { steps: new Map() };

/** A text that is no such record, or an entry that cannot be added to one. */
export class ResumeError extends Error {
  override name = 'ResumeError';
}

/** The longest text that is read, and a quarter of what all annotations of a pod may have. */
const MAX_LENGTH = 64 * 1024;

/**
 * The record as one line of JSON.
 *
 * @example encodeResumes({ steps: new Map([[3, [{ action: 'Continue', by: 'ada' }]]]) }) // '{"steps":{"3":[{"action":"Continue","by":"ada"}]}}'
 */
export function encodeResumes({ steps }: Resumes): string {
  const entries = (list: readonly ResumeEntry[]): ResumeEntry[] =>
    list.map(({ action, by, at }) => ({ action, by, ...(at !== undefined && { at }) }));
  return JSON.stringify({
    steps: Object.fromEntries([...steps].map(([number, list]) => [number, entries(list)])),
  });
}

/**
 * Reads what {@link encodeResumes} wrote. Anybody who may change the pod may write anything there, so one entry that makes
 * no sense makes the whole no record. An empty text says nothing: the annotation is not there.
 *
 * @throws {ResumeError} saying what is wrong with the text.
 * @example parseResumes('{"steps":{"3":[{"action":"Continue","by":"ada"}]}}').steps.get(3)?.length // 1
 */
export function parseResumes(text: string): Resumes {
  if (text.trim() === '') return NO_RESUMES;
  const { steps = {} } = parseMap(text, ResumeError, { maxLength: MAX_LENGTH });
  return { steps: new Map(byStep(steps, ResumeError).map(parseStep)) };
}

/**
 * The record with one more entry, for the step's next hold that has none.
 *
 * @throws {ResumeError} when the step, or the record, holds no more.
 * @example giveResume(NO_RESUMES, 3, { action: 'Retry', by: 'ada' }).steps.get(3)?.length // 1
 */
export function giveResume({ steps }: Resumes, step: number, entry: ResumeEntry): Resumes {
  const given = steps.get(step) ?? [];
  if (given.length >= MAX_HOLDS)
    throw new ResumeError(`step ${step} was resumed ${MAX_HOLDS} times, and holds no more`);
  const more: Resumes = { steps: new Map([...steps, [step, [...given, entry]]]) };
  if (encodeResumes(more).length > MAX_LENGTH)
    throw new ResumeError(
      `the steps were resumed so often that their record has ${MAX_LENGTH} characters, and takes no more`,
    );
  return more;
}

/**
 * Why an action cannot end a hold; `undefined` when it can.
 *
 * @example impossible('Skip', 'Before') // undefined
 */
export function impossible(action: ResumeAction, kind: HoldKind): string | undefined {
  return action === 'Retry' && kind === 'Before'
    ? 'its command has not run yet, so it cannot run again; use Continue'
    : undefined;
}

function parseStep([number, value]: [number, unknown]): [number, ResumeEntry[]] {
  if (!Array.isArray(value)) throw new ResumeError(`step ${number} has no list`);
  if (value.length > MAX_HOLDS) throw new ResumeError(`step ${number} has more than ${MAX_HOLDS} entries`);
  return [number, value.map((each) => parseEntry(each, `an entry of step ${number}`))];
}

const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?Z$/;

function parseEntry(value: unknown, what: string): ResumeEntry {
  const { action: word, by, at } = mapOf(value, what, ResumeError);
  const action = RESUME_ACTIONS.find((each) => each === word);
  if (action === undefined)
    throw new ResumeError(`the action of ${what} is none of ${RESUME_ACTIONS.join(', ')}`);
  if (typeof by !== 'string' || !/^[\x20-\x7e]{1,64}$/.test(by))
    throw new ResumeError(`the by of ${what} is no text of 1 to 64 plain characters`);
  if (at !== undefined && (typeof at !== 'string' || !TIME.test(at)))
    throw new ResumeError(`the at of ${what} is no time`);
  return { action, by, ...(at !== undefined && { at }) };
}
