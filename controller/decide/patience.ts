/** How long a Task has not got on: patience belongs to that, not to one spelling of the reason. */
import type { StoredTask } from '../stored-task.ts';
import type { Chain } from './observe.ts';
import { isPatient, type Trouble } from './trouble.ts';

/** The condition that is `False` while something keeps the Task from getting on; its time says since when. */
export const PROGRESSING = 'Progressing';

/**
 * The trouble, or the one before it while nothing shows that it is over: between two tries a kubelet shows no reason at
 * all. It is over once every container runs.
 */
export function lastingTrouble(
  task: StoredTask,
  { steps, never }: Chain,
  trouble: Trouble | undefined,
): Trouble | undefined {
  const before = conditionOf(task);
  const allAreUp = steps.every(({ state }) => state !== 'absent');
  if (trouble !== undefined || before === undefined || allAreUp || !isPatient(before.reason)) return trouble;
  const { reason, message } = before;
  const about = steps.find(({ name, number }) => message.includes(`step ${number} (${name}) `));
  // It got on, and waits for others; or its turn will not come.
  if (about !== undefined && (about.state !== 'absent' || never.includes(about))) return undefined;
  return { reason, message, ...(about !== undefined && { step: about.name }), ends: 'patience' };
}

/** What kept a pod from getting on that is gone, and ended the Task if that lasted for the patience. */
export function rememberedTrouble(task: StoredTask): Trouble | undefined {
  const { reason, message } = conditionOf(task) ?? { reason: '', message: '' };
  return isPatient(reason) ? { reason, message, ends: 'patience' } : undefined;
}

/** Since when the Task does not get on, ms since the epoch: the first that a status said so, else now. */
export function troubledSince(task: StoredTask, { reason }: Trouble, now: number): number {
  const known = conditionOf(task);
  return known !== undefined && isSame(known.reason, reason) ? Date.parse(known.lastTransitionTime) : now;
}

/** Whether one trouble goes on in the other. */
export function isSame(before: string, after: string): boolean {
  return before === after || (isPatient(before) && isPatient(after));
}

function conditionOf(task: StoredTask) {
  return task.status?.conditions?.find(({ type, status }) => type === PROGRESSING && status === 'False');
}
