/** The conditions of a Task, for `kubectl wait`. */
import type { Condition } from '../../shared/task/task.ts';
import { heldWords } from './held.ts';
import type { StepView } from './observe.ts';
import { isSame, PROGRESSING } from './patience.ts';
import type { Known } from './status.ts';

export function conditionsOf({ task, chain, trouble, hold, stopping, conclusion, now }: Known): Condition[] {
  const held =
    conclusion === undefined && stopping !== true ? heldWords(task, chain?.steps ?? []) : undefined;
  const before = task.status?.conditions ?? [];
  const wanted: Omit<Condition, 'lastTransitionTime'>[] = [];
  if (conclusion !== undefined) {
    const { status, reason, message } = conclusion;
    wanted.push({ type: status === 'Successful' ? 'Complete' : 'Failed', status: 'True', reason, message });
  } else if (trouble !== undefined) {
    wanted.push({ type: PROGRESSING, status: 'False', reason: trouble.reason, message: trouble.message });
  }
  if (held !== undefined) {
    wanted.push({ type: 'Paused', status: 'True', reason: 'Held', message: held });
  } else if (hold !== undefined && conclusion === undefined) {
    const { unless } = hold;
    const [status, message] =
      unless === undefined
        ? (['True', 'no further step starts'] as const)
        : (['Unknown', mayHaveBegun(unless)] as const);
    wanted.push({ type: 'Paused', status, reason: 'Suspended', message });
  } else if (before.some(({ type }) => type === 'Paused')) {
    wanted.push({ type: 'Paused', status: 'False', reason: 'Resumed', message: '' });
  }
  return wanted.map((condition) => dated(fitting(condition), before, now));
}

function dated(
  condition: Omit<Condition, 'lastTransitionTime'>,
  before: readonly Condition[],
  now: number,
): Condition {
  const same = before.find(
    ({ type, status, reason }) =>
      type === condition.type &&
      status === condition.status &&
      (reason === condition.reason || (type === PROGRESSING && isSame(reason, condition.reason))),
  );
  return {
    ...condition,
    lastTransitionTime: same?.lastTransitionTime ?? new Date(now).toISOString(),
  };
}

/** What a metav1.Condition takes: others than the kubelet may have said why a pod failed. */
function fitting<T extends Pick<Condition, 'reason' | 'message'>>(condition: T): T {
  const reason = /^[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?$/.test(condition.reason)
    ? condition.reason
    : 'Unknown';
  return { ...condition, reason: reason.slice(0, 1024), message: condition.message.slice(0, 32_768) };
}

export const mayHaveBegun = (steps: readonly StepView[]): string => {
  const each = steps.map(({ number, name }) => `step ${number} (${name})`).join(', ');
  return `${each} may have begun before its node heard of it`;
};
