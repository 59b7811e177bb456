/** The last word on each step, held against what the step wrote down itself. */
import type { StepStatus } from '../../../shared/task/task.ts';
import { everyStep } from '../../../shared/task/finally.ts';
import { isUnsure, lastWord, wasDone, wasKilled, type Facts } from '../facts.ts';
import type { Entry } from '../journal.ts';

/** How long the command of a step may take to write its first line, ms: the agent knows of it before. */
const FIRST_LINE = 1_500;

export function stepWords(facts: Facts): string[] {
  const { spec, journal } = facts;
  const status = lastWord(facts)?.status;
  if (status === undefined) return [];
  const told = new Map(status.steps?.map((step) => [step.name, step]));
  return everyStep(spec).flatMap(({ name, onError = 'stop', timeout, results = [] }, _, { length }) => {
    const step = told.get(name);
    if (step === undefined) return [`nothing is said of step ${name}`];
    const words = `${[step.state, step.reason].filter(Boolean).join(' ')}, "${step.message ?? ''}"`;
    const entry = journal.get(name);
    const wrong = [
      ...always(step, { onError, mayTimeOut: timeout !== undefined }),
      ...(entry === undefined ? unbegun(step) : begun(step, entry, facts)),
      ...(length <= WHOLE ? left(step, results) : []),
    ];
    return wrong.map((what) => `step ${name} ${what}; it is told as ${words}`);
  });
}

/** In a pod of so many steps a kubelet keeps the whole of what each agent says. */
const WHOLE = 20;

/** What a step leaves is told of it. */
function left({ name, state, results = [] }: StepStatus, declared: readonly string[]): string[] {
  if (state !== 'Succeeded' || declared.length === 0) return [];
  return results.some(({ value }) => value === name) ? [] : ['left its name as a result'];
}

function always(
  step: StepStatus,
  { onError, mayTimeOut }: { onError: 'stop' | 'continue'; mayTimeOut: boolean },
): string[] {
  const { state, reason, message = '' } = step;
  const wrong: string[] = [];
  if (state === 'Waiting' || state === 'Running') wrong.push('is open though the Task is over');
  // In its own time limit it is the agent's word for it.
  if (!mayTimeOut && `${reason} ${message}`.includes('DeadlineExceeded'))
    wrong.push('has a deadline that nobody set');
  if (state === 'Continued' && onError !== 'continue') wrong.push('may not fail');
  if (state === 'Failed' && onError === 'continue') wrong.push('may fail');
  return wrong;
}

/** Whether this says that the step never began. */
function saysNever({ state, reason, message = '', startedAt }: StepStatus): boolean {
  if (/never (?:began|started)/.test(message) || reason === 'NeverStarted') return true;
  return (
    state === 'Skipped' ||
    state === 'Omitted' ||
    (state === 'Cancelled' && startedAt === undefined && !isUnsure({ message }))
  );
}

/** The kubelet's times are whole seconds, and the clock of the steps goes in hundredths. */
export const CLOCK = 1_100;

function begun(step: StepStatus, { begins, end, last }: Entry, facts: Facts): string[] {
  const { state, attempts = begins.length, startedAt, finishedAt } = step;
  if (saysNever(step)) return ['began'];
  const wrong: string[] = [];
  // The last one may have been ended before its first line.
  if (attempts < begins.length || attempts > begins.length + (state === 'Succeeded' ? 0 : 1))
    wrong.push(`was run ${begins.length} times, not ${attempts}`);
  if (Date.parse(startedAt ?? '') > (begins[0] ?? 0) + CLOCK) wrong.push(`began before ${startedAt}`);
  if (Date.parse(finishedAt ?? '') < last - CLOCK && !isUnsure(step)) wrong.push(`lived after ${finishedAt}`);
  return [...wrong, ...endedAs(step, end, facts)];
}

function endedAs({ name, state, exitCode, reason }: StepStatus, end: Entry['end'], facts: Facts): string[] {
  if (state === 'Succeeded') return end?.code === 0 ? [] : ['did not come to a good end'];
  const isPulledDown = wasKilled(facts, name) || wasDone(facts, 'delete-pod');
  // Its time can be up as it writes its last line.
  if (end === undefined || isPulledDown || reason === 'DeadlineExceeded') return [];
  if (state === 'Failed' || state === 'Continued')
    return exitCode === end.code ? [] : [`ended with code ${end.code}, not ${exitCode}`];
  return [];
}

function unbegun({ state, message = '', startedAt, finishedAt, exitCode }: StepStatus): string[] {
  if (state === 'Succeeded') return ['never began'];
  if (state === 'Continued' && exitCode === 0) return ['never began'];
  if (startedAt === undefined || /never began/.test(message)) return [];
  // Its command was started, and ended before its first line.
  const took = Date.parse(finishedAt ?? '') - Date.parse(startedAt);
  return took > FIRST_LINE ? [`never began within ${took} ms`] : [];
}
