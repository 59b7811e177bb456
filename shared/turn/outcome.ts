/**
 * The outcome: the small JSON record in which an agent says how its step ended. The next agent, the controller and
 * the local runner read it; nothing else passes between steps.
 *
 * It is also the container's termination message, of which the kubelet keeps 4096 bytes: hence the limit.
 */

/** The version of the record that this code writes, and the only one it reads. */
export const OUTCOME_VERSION = 1;

/** The file, in a step's run directory, that holds its outcome. It appears whole (by rename) or not at all. */
export const OUTCOME_FILE = 'outcome.json';

/** The most bytes that an encoded outcome has, everything included. */
export const MAX_OUTCOME_BYTES = 4096;

/** Every way in which a step ends, and what that says to the step after it. */
const NEXT = {
  Succeeded: 'go',
  Continued: 'go',
  Omitted: 'go',
  Failed: 'stop',
  TimedOut: 'stop',
  Cancelled: 'stop',
  Skipped: 'stop',
  Error: 'stop',
} as const satisfies Record<string, 'go' | 'stop'>;

/**
 * - `Succeeded`: the command ended with 0
 * - `Continued`: it failed, and the step is marked to let the chain go on, or was held and skipped
 * - `Omitted`: it did not run because a condition of its `when` did not hold, or because it was held and skipped
 * - `Failed`: it ended with another code, by a signal, or could not be started
 * - `TimedOut`: it was stopped at its timeout
 * - `Cancelled`: it was stopped, or never started, because the Task was
 * - `Skipped`: it never started because an earlier step stopped the chain
 * - `Error`: the agent itself failed
 */
export type OutcomeKind = keyof typeof NEXT;

/** Whether a text is one of {@link OutcomeKind}. */
export function isOutcomeKind(text: unknown): text is OutcomeKind {
  return typeof text === 'string' && Object.hasOwn(NEXT, text);
}

export interface Outcome {
  version: typeof OUTCOME_VERSION;
  /** The step's name; empty when the agent was not told. */
  step: string;
  /** The step's number, from 1; 0 when the agent was not told. */
  number: number;
  outcome: OutcomeKind;
  /** The command's own code, 128+n for signal n; for a step that never ran, the agent's own code. */
  exitCode: number;
  /** The signal that ended the command, `SIGTERM`. */
  signal?: string;
  /**
   * The gate that this step's agent saw when the step was over: `null` for none, 0 when it saw that nothing may start.
   * Whether the next step began by hand-off follows from it. Absent: the agent was told of no gate, or nothing goes on.
   */
  gate?: number | null;
  /** When the command was first started, RFC 3339 with milliseconds; absent when it never was. */
  startedAt?: string;
  /** When the step was over, RFC 3339 with milliseconds. */
  finishedAt: string;
  /** How often the command was started. */
  attempts: number;
  /** One CamelCase word for programs, `CommandNotFound`. */
  reason: string;
  /** One sentence for people. */
  message: string;
  /** What the command left as its results, as far as it fits: name → content. */
  results?: Record<string, string>;
  /** The results that do not fit: name → bytes. Later steps read them as files. */
  resultSizes?: Record<string, number>;
}

/** A text that is not an outcome this version can read. */
export class OutcomeError extends Error {
  override name = 'OutcomeError';
}

/**
 * What an outcome says to the step after it.
 *
 * @example next({ outcome: 'Continued' }) // 'go'
 */
export function next(of: Pick<Outcome, 'outcome'>): 'go' | 'stop' {
  return NEXT[of.outcome];
}

/**
 * The outcome as one line of JSON of at most {@link MAX_OUTCOME_BYTES} bytes; an overlong message is cut, and
 * says so by its last character, `…`.
 *
 * @throws {OutcomeError} when it cannot fit even without a message.
 * @example encodeOutcome({ ...outcome, message: 'exit code 42' }) // '{"version":1,…}'
 */
export function encodeOutcome(outcome: Outcome): string {
  const whole = JSON.stringify(outcome);
  if (utf8Length(whole) <= MAX_OUTCOME_BYTES) return whole;

  // By halves: the encoded length grows with the message but not evenly (escapes, multi-byte characters).
  const characters = Array.from(outcome.message);
  const cut = (length: number): string =>
    JSON.stringify({ ...outcome, message: `${characters.slice(0, length).join('')}…` });
  let fits = -1;
  let tooLong = characters.length;
  while (tooLong - fits > 1) {
    const middle = Math.floor((fits + tooLong) / 2);
    if (utf8Length(cut(middle)) <= MAX_OUTCOME_BYTES) fits = middle;
    else tooLong = middle;
  }
  if (fits < 0) {
    const size = utf8Length(JSON.stringify({ ...outcome, message: '' }));
    throw new OutcomeError(
      `the outcome has ${size} bytes without its message, at most ${MAX_OUTCOME_BYTES} fit`,
    );
  }
  return cut(fits);
}

/**
 * Reads what {@link encodeOutcome} wrote. Unknown fields are let be, so that a later agent may add some.
 *
 * @throws {OutcomeError} saying what is wrong with the text.
 * @example parseOutcome('{"version":1,"outcome":"Succeeded",…}').outcome // 'Succeeded'
 */
export function parseOutcome(text: string): Outcome {
  const record = parseObject(text);
  const { version, outcome } = record;
  if (version !== OUTCOME_VERSION) {
    throw new OutcomeError(`its version is ${JSON.stringify(version)}, this agent reads ${OUTCOME_VERSION}`);
  }
  if (!isOutcomeKind(outcome)) {
    throw new OutcomeError(
      `its outcome is ${JSON.stringify(outcome)}, expected one of ${Object.keys(NEXT).join(', ')}`,
    );
  }
  const { signal, gate, startedAt, results, resultSizes } = record;
  return {
    version,
    step: string(record, 'step'),
    number: integer(record, 'number'),
    outcome,
    exitCode: integer(record, 'exitCode'),
    ...(typeof signal === 'string' && { signal }),
    ...((gate === null || (typeof gate === 'number' && Number.isSafeInteger(gate))) && { gate }),
    ...(typeof startedAt === 'string' && { startedAt }),
    finishedAt: string(record, 'finishedAt'),
    attempts: integer(record, 'attempts'),
    reason: string(record, 'reason'),
    message: string(record, 'message'),
    ...(results !== undefined && { results: texts(results) }),
    ...(resultSizes !== undefined && { resultSizes: sizes(resultSizes) }),
  };
}

type Parsed = Record<keyof Outcome, unknown>;

function parseObject(text: string): Parsed {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new OutcomeError('it is not JSON', { cause });
  }
  if (typeof value !== 'object' || value === null) throw new OutcomeError('it is not a JSON object');
  return value as Parsed;
}

function string(record: Parsed, key: keyof Outcome): string {
  const value = record[key];
  if (typeof value !== 'string') throw new OutcomeError(`its ${key} is no string`);
  return value;
}

function integer(record: Parsed, key: keyof Outcome): number {
  const value = record[key];
  if (typeof value !== 'number' || !Number.isInteger(value))
    throw new OutcomeError(`its ${key} is no integer`);
  return value;
}

function texts(value: unknown): Record<string, string> {
  if (!isMapOf(value, (each) => typeof each === 'string'))
    throw new OutcomeError('its results are no map of texts');
  return value as Record<string, string>;
}

function sizes(value: unknown): Record<string, number> {
  if (!isMapOf(value, (each) => Number.isSafeInteger(each) && Number(each) >= 0))
    throw new OutcomeError('its resultSizes are no map of sizes');
  return value as Record<string, number>;
}

function isMapOf(value: unknown, isRight: (each: unknown) => boolean): boolean {
  return typeof value === 'object' && value !== null && Object.values(value).every(isRight);
}

/** Bytes of the text as UTF-8; the agent's engine has no TextEncoder. */
export function utf8Length(text: string): number {
  let bytes = 0;
  for (const character of text) {
    const point = character.codePointAt(0) ?? 0;
    bytes += point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;
  }
  return bytes;
}
