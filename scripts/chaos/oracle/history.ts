/** What was told while it ran: nothing is taken back, and "no further step starts" is so. */
import { isDeepStrictEqual } from 'node:util';
import type { StepStatus, TaskStatus } from '../../../shared/task/task.ts';
import type { Facts } from '../facts.ts';

export function history(facts: Facts): string[] {
  const wrong: string[] = [];
  for (const [index, { at, status }] of facts.seen.entries()) {
    const before = facts.seen[index - 1]?.status;
    if (before?.completionTime !== undefined && !isDeepStrictEqual(before, status))
      wrong.push(`the last word was changed: ${JSON.stringify(before)} became ${JSON.stringify(status)}`);
    for (const step of status.steps ?? []) {
      const earlier = before?.steps?.find(({ name }) => name === step.name);
      if (earlier !== undefined && isTakenBack(earlier, step))
        wrong.push(`step ${step.name} was ${earlier.state}, and then ${step.state}`);
    }
    if (isHeld(status)) wrong.push(...movements(facts, at));
  }
  return wrong;
}

const ENDS: ReadonlySet<string> = new Set(['Succeeded', 'Continued', 'Omitted', 'Failed', 'TimedOut']);

function isTakenBack(before: StepStatus, after: StepStatus): boolean {
  if (ENDS.has(before.state)) return after.state !== before.state;
  return before.state === 'Running' && before.reason !== 'NotKnown' && after.state === 'Waiting';
}

/** Whether it says for certain that nothing runs and nothing begins. */
function isHeld({ conditions = [] }: TaskStatus): boolean {
  return conditions.some(({ type, status }) => type === 'Paused' && status === 'True');
}

/** Signs of life while nothing may begin: from when that was told until somebody let it go. */
function movements({ spec, journal, done }: Facts, from: number): string[] {
  // Those of finally are no longer held once the Task is stopped.
  const isStopped = spec.timeout !== undefined || done.some(({ act }) => act.kind === 'kill-agent');
  const last = new Set(isStopped ? spec.finally?.map(({ name }) => name) : []);
  const released = done.filter(({ act, to }) => LET_GO.has(act.kind) && to >= from);
  const until = Math.min(Infinity, ...released.map((each) => each.from));
  const steps = [...journal].filter(([name]) => !last.has(name));
  return steps.flatMap(([name, { begins, last: alive }]) => [
    ...begins
      .filter((at) => at > from && at < until)
      .map((at) => `step ${name} began ${Math.round(at - from)} ms after it was told that none does`),
    ...(begins.some((at) => at <= from) && alive > from && alive < until
      ? [`step ${name} lived ${Math.round(alive - from)} ms after it was told that nothing runs`]
      : []),
  ]);
}

const LET_GO: ReadonlySet<string> = new Set(['resume', 'annotate', 'cancel']);
