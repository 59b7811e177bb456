/** The last word on the Task, held against what was done to it and what its steps did. */
import type { TaskStatus } from '../../../shared/task/task.ts';
import { everyStep } from '../../../shared/task/finally.ts';
import { isUnsure, lastWord, wasDone, wasKilled, type Facts } from '../facts.ts';
import { CLOCK } from './step-words.ts';

export function lastWords(facts: Facts): string[] {
  const { seen, until } = facts;
  if (wasDone(facts, 'delete-task')) return [];
  const word = lastWord(facts);
  if (word === undefined) {
    const last = seen.at(-1);
    const since = Math.round((until - (last?.at ?? until)) / 1000);
    return [`it is not over; for ${since} s it has been ${JSON.stringify(last?.status ?? {})}`];
  }
  const { status, reason = '', message = '' } = word.status;
  const told = `${status} ${reason}, "${message}"`;
  return [...causes(facts, word.status), ...named(facts, message), ...counts(facts, word.status)]
    .map((what) => `${what}; it is told as ${told}`)
    .concat(after(facts, word));
}

/** Nobody is said to have done what nobody did. */
function causes(facts: Facts, { status, reason = '', message = '', steps = [] }: TaskStatus): string[] {
  const { spec, done } = facts;
  const wrong: string[] = [];
  const quit = done.some(({ act }) => act.kind === 'annotate' && act.name === 'order' && act.value === '-1');
  if (status === 'Cancelled' && !quit && !wasDone(facts, 'cancel')) wrong.push('nobody cancelled it');
  if (reason === 'TimedOut' && spec.timeout === undefined) wrong.push('it has no time limit');
  if (`${reason} ${message}`.includes('DeadlineExceeded')) wrong.push('nobody set a deadline');
  if (reason === 'PodDeleted' && !wasDone(facts, 'delete-pod')) wrong.push('nobody deleted its pod');
  const bad = steps.filter(({ state }) => !GOOD.has(state));
  if (status === 'Successful' && bad.length > 0) wrong.push(`step ${bad[0]?.name} did not succeed`);
  for (const [state, what] of TOLD) {
    const count = steps.filter((step) => step.state === state).length;
    if (status === 'Successful' && count > 0 && !message.includes(`${count} ${state.toLowerCase()}`))
      wrong.push(`${count} steps ${what}`);
  }
  if (reason === 'StepFailed' && !steps.some(({ state }) => state === 'Failed')) wrong.push('no step failed');
  if (reason === 'StepTimedOut' && !steps.some(({ state }) => state === 'TimedOut'))
    wrong.push('no step timed out');
  return wrong;
}

const GOOD: ReadonlySet<string> = new Set(['Succeeded', 'Continued', 'Omitted']);

/** What a good end has to say of steps that did not simply succeed. */
const TOLD = [
  ['Continued', 'continued after a failure'],
  ['Omitted', 'were omitted'],
] as const;

/** What the message says of a step it names. */
function named({ journal }: Facts, message: string): string[] {
  const [, running] = /step \d+ \(([^)]+)\) was running/.exec(message) ?? [];
  return running !== undefined && !journal.has(running) ? [`step ${running} never began`] : [];
}

/** `STEP` counts the steps that had their turn and are over. */
function counts(facts: Facts, { step = '', steps = [] }: TaskStatus): string[] {
  const { journal, spec } = facts;
  const [over = -1, all] = step.split('/').map(Number);
  const every = everyStep(spec);
  if (all !== every.length) return [`it has ${every.length} steps, not ${all}`];
  const began = journal.size;
  // One whose container died before its turn is over as well; those of finally wait for it in a pod that is told to go.
  const isDeleted = wasDone(facts, 'delete-pod');
  const died = every.filter(
    ({ name }, index) =>
      !journal.has(name) && (wasKilled(facts, name) || (isDeleted && index >= spec.steps.length)),
  ).length;
  // One that was started and stopped at once may have had no time to write anything down.
  const unwritten = steps.filter(
    ({ name, startedAt }) => startedAt !== undefined && !journal.has(name),
  ).length;
  const omitted = steps.filter(({ state }) => state === 'Omitted').length;
  const isKnown = steps.every((each) => !isUnsure(each));
  if (over > began + omitted + died + unwritten)
    return [`${began + omitted} of its steps had their turn, not ${over}`];
  return isKnown && over < began + omitted
    ? [`${began + omitted} of its steps had their turn and are over, not ${over}`]
    : [];
}

/** Signs of life when it was over. */
function after({ journal }: Facts, { at, status }: Facts['seen'][number]): string[] {
  const over = Date.parse(status.completionTime ?? '');
  return [...journal].flatMap(([name, { last }]) => {
    const told = status.steps?.find((step) => step.name === name);
    if (isUnsure(status) || (told !== undefined && isUnsure(told))) return [];
    if (last > at) return [`step ${name} lived ${Math.round(last - at)} ms after the last word`];
    return last > over + CLOCK
      ? [`step ${name} lived ${Math.round(last - over)} ms after the completionTime`]
      : [];
  });
}
