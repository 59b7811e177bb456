/** What pods and their steps say, brought into what the CRD takes: a step can write what it likes. */
import { plain } from '../../shared/text.ts';
import type { StepStatus, TaskStatus } from '../../shared/task/task.ts';
import { defined } from '../defined.ts';

const INT32 = { min: -(2 ** 31), max: 2 ** 31 - 1 };
/** Bytes of a message, and of a word for programs. */
const MAX_MESSAGE = 4096;
const MAX_WORD = 128;
/** As many as a metav1.Condition takes. */
const MAX_CONDITION = 32_768;
/** The kubelet counts in seconds. */
const SLACK = 2000;

/** An integer as the CRD takes it; the nearest that it does. */
export function int32(value: number, min = INT32.min): number {
  return Math.min(INT32.max, Math.max(min, Math.trunc(value)));
}

/**
 * A moment in RFC 3339, or `undefined` where the text is none, or later than it can be.
 *
 * @param latest - when the kubelet saw the end of it
 * @example moment('tomorrow') // undefined
 */
export function moment(text: string | undefined, latest?: string): string | undefined {
  const ms =
    text !== undefined && /^\d{4}-\d\d-\d\dT[\d:.]{8,18}(?:Z|[+-]\d\d:\d\d)$/.test(text)
      ? Date.parse(text)
      : NaN;
  if (text === undefined || Number.isNaN(ms) || ms < 0) return undefined;
  if (latest !== undefined && ms > Date.parse(latest) + SLACK) return undefined;
  const canonical = new Date(ms).toISOString();
  return text === canonical || text === canonical.replace('.000Z', 'Z') ? text : canonical;
}

/** The status with no number, text or time that the CRD does not take, and nothing that a terminal obeys. */
export function bounded(status: TaskStatus): TaskStatus {
  const { order, gate, reason, message, steps, conditions } = status;
  return defined({
    ...status,
    order: order && int32(order),
    gate: gate && int32(gate),
    reason: reason && plain(reason, MAX_WORD),
    message: message && plain(message, MAX_MESSAGE),
    steps: steps?.map(boundedStep),
    conditions: conditions?.map((each) => ({ ...each, message: plain(each.message, MAX_CONDITION) })),
  });
}

function boundedStep(step: StepStatus): StepStatus {
  const { exitCode, attempts, holds, signal, reason, message, startedAt, finishedAt, imageID } = step;
  return defined({
    ...step,
    exitCode: exitCode && int32(exitCode),
    attempts: attempts && int32(attempts, 0),
    holds: holds && int32(holds, 0),
    signal: signal && plain(signal, MAX_WORD),
    reason: reason && plain(reason, MAX_WORD),
    message: message && plain(message, MAX_MESSAGE),
    startedAt: moment(startedAt),
    finishedAt: moment(finishedAt),
    imageID: imageID && plain(imageID, MAX_MESSAGE),
  });
}

/**
 * A status of which the API server has refused the whole: how the Task and its steps are, and that more could not be
 * written.
 */
export function smaller(status: TaskStatus, told: string): TaskStatus {
  const { steps, conditions, order: _order, gate: _gate, message = '', ...rest } = status;
  const note = `${message} (the API server refuses the whole status: ${told})`;
  return defined({
    ...rest,
    message: plain(note, 1024),
    // What a step was told is counted by it.
    steps: steps?.map(({ name, state, holds }) => defined({ name, state, holds })),
    conditions: conditions?.map((each) => ({ ...each, message: 'see status.message' })),
  });
}
