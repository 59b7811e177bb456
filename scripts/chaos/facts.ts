/** All that the oracle knows of one Task. */
import type { Task, TaskStatus } from '../../shared/task/task.ts';
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
