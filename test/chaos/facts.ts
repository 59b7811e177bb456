/** Facts of a Task that went as it was told. */
import { type Facts } from '../../scripts/chaos/facts.ts';
import { readJournal } from '../../scripts/chaos/journal.ts';
import { type Act } from '../../scripts/chaos/plan.ts';
import { type StepStatus, type Task, type TaskStatus } from '../../shared/task/task.ts';

export const iso = (seconds: number): string => new Date(seconds * 1000).toISOString();

/** A Task of steps a, b and c. */
export const spec = (
  fields: Partial<Task['spec']> = {},
  onError: Readonly<Record<string, 'continue'>> = {},
): Task['spec'] => ({
  steps: ['a', 'b', 'c'].map((name) => ({
    name,
    image: 'i',
    ...(onError[name] && { onError: onError[name] }),
  })),
  ...fields,
});

/** What steps wrote, seconds after the epoch. */
export const journal = (...lines: string[]) => readJournal(lines.map((line) => `${line}\n`).join(''), 0);

export const succeeded = (name: string): StepStatus => ({
  name,
  state: 'Succeeded',
  exitCode: 0,
  startedAt: iso(1),
  finishedAt: iso(6),
});

export const status = (fields: TaskStatus): { at: number; status: TaskStatus } => ({
  at: 7_000,
  status: { completionTime: iso(6.5), ...fields },
});

/** So many seconds after the epoch. */
export const did = (act: object, at: number): Facts['done'][number] => ({
  act: { after: 0, ...act } as Act,
  from: at * 1000,
  to: at * 1000 + 20,
});

const ALL_WELL = 'all 3 steps succeeded';

/** Three steps, one after the other, all well. */
export const well: Facts = {
  spec: spec(),
  journal: journal(
    ...['begin a 1.00 ', 'end a 2.00 0', 'begin b 2.10 ', 'alive b 3.00 ', 'end b 4.00 0', 'begin c 4.10 '],
    'end c 6.00 0',
  ),
  seen: [
    status({
      status: 'Successful',
      reason: 'Succeeded',
      message: ALL_WELL,
      step: '3/3',
      steps: ['a', 'b', 'c'].map(succeeded),
    }),
  ],
  done: [],
  events: [
    { reason: 'Started', note: '' },
    { reason: 'Finished', note: `Successful in 6s: ${ALL_WELL}` },
  ],
  pods: 1,
  until: 9_000,
};

/** Cancelled at second 3, while b ran. */
export const stopped: Facts = {
  spec: spec({ cancel: true }),
  journal: journal('begin a 1.00 ', 'end a 2.00 0', 'begin b 2.10 ', 'alive b 3.00 '),
  seen: [
    status({
      status: 'Cancelled',
      reason: 'Cancelled',
      message: 'spec.cancel is true',
      step: '2/3',
      steps: [
        succeeded('a'),
        { name: 'b', state: 'Cancelled', startedAt: iso(2), message: 'the Task was cancelled' },
        { name: 'c', state: 'Cancelled', message: 'the Task was cancelled' },
      ],
    }),
  ],
  done: [did({ kind: 'cancel' }, 3)],
  events: [{ reason: 'Finished', note: 'Cancelled in 6s: spec.cancel is true' }],
  pods: 1,
  until: 9_000,
};

/** The same facts with another last word. */
export function told(facts: Facts, change: (last: TaskStatus) => TaskStatus): Facts {
  const [last] = facts.seen.slice(-1);
  return last === undefined
    ? facts
    : { ...facts, seen: [...facts.seen.slice(0, -1), { ...last, status: change(last.status) }] };
}

/** The same facts with another word on one step. */
export function toldOf(facts: Facts, name: string, change: Partial<StepStatus>): Facts {
  return told(facts, (last) => ({
    ...last,
    steps: last.steps?.map((step) => (step.name === name ? { ...step, ...change } : step)),
  }));
}
