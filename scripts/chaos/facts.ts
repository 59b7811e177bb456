/** All that the oracle knows of one Task. */
import type { StepStatus, Task, TaskStatus } from '../../shared/task/task.ts';
import type { Journal } from './journal.ts';
import type { Act } from './plan.ts';

export interface Facts {
  spec: Task['spec'];
  journal: Journal;
  /** The statuses that were seen, each from when, ms since the epoch. */
  seen: readonly { at: number; status: TaskStatus }[];
  /** What was done to it: when it was begun, and when that was known to be done. */
  done: readonly { act: Act; from: number; to: number }[];
  /** Reason and note of its events. */
  events: readonly { reason: string; note: string }[];
  /** How many pods it had. */
  pods: number;
  /** Until when it was watched. */
  until: number;
}

export function wasDone({ done }: Facts, ...kinds: readonly Act['kind'][]): boolean {
  return done.some(({ act }) => kinds.includes(act.kind));
}

/** Whether the agent of this step was killed. */
export function wasKilled({ done }: Facts, step: string): boolean {
  return done.some(({ act }) => act.kind === 'kill-agent' && act.step === step);
}

/** The last word, once there is one. */
export function lastWord({ seen }: Facts): Facts['seen'][number] | undefined {
  return seen.find(({ status }) => status.completionTime !== undefined);
}

/** What was told last of each step, by name. */
export function lastTold(facts: Facts): ReadonlyMap<string, StepStatus> {
  const status = lastWord(facts)?.status ?? facts.seen.at(-1)?.status;
  return new Map(status?.steps?.map((step) => [step.name, step]));
}

/**
 * Whether the `when` of a step does not hold, by what is told of the step that it asks about.
 *
 * @param otherwise - what to say where nothing is told of that one
 */
export function isUnmet(
  facts: Facts,
  { when = [] }: Pick<Task['spec']['steps'][number], 'when'>,
  otherwise = false,
): boolean {
  return when.some(({ input, operator, values }) => {
    const [, name = ''] = /^\$\(steps\.([a-z0-9-]+)\.outcome\)$/.exec(input) ?? [];
    const told = lastTold(facts).get(name);
    return told === undefined || isOpen(told)
      ? otherwise
      : values.includes(told.state) !== (operator === 'in');
  });
}

/** Whether it is not told how the step ended: it is not over, or that was lost. */
export function isOpen(told: StepStatus): boolean {
  return told.state === 'Waiting' || told.state === 'Running' || isUnsure(told);
}

/** Whether this says that something is not known. */
export function isUnsure({ message = '' }: Pick<StepStatus, 'message'>): boolean {
  return message.includes('not known') || message.includes('has not confirmed');
}
