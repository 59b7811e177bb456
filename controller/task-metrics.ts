/** What Prometheus is told of Tasks. */
import { TASK_STATUSES } from '../shared/task/api.ts';
import type { TaskStatus } from '../shared/task/task.ts';
import type { Metrics } from './runtime/metrics.ts';
import type { StoredTask } from './stored-task.ts';

/** How many Tasks have each status, those that none has included. */
export function countByStatus(tasks: Iterable<StoredTask>): Map<string, number> {
  const counts = new Map<string, number>(TASK_STATUSES.map((status) => [status, 0]));
  for (const { status } of tasks) {
    const word = status?.status ?? 'Pending';
    counts.set(word, (counts.get(word) ?? 0) + 1);
  }
  return counts;
}

/** Measures a Task once it is over: how long it took, its steps, and the hand-offs between them. Seconds. */
export function observeStatus(metrics: Metrics, before: TaskStatus | undefined, after: TaskStatus): void {
  if (before?.completionTime !== undefined || after.completionTime === undefined) return;
  const { status = 'Failure', startTime, completionTime, steps = [] } = after;
  if (startTime !== undefined) metrics.taskEnded(status, seconds(startTime, completionTime));
  for (const [index, { state, startedAt, finishedAt }] of steps.entries()) {
    if (startedAt === undefined || finishedAt === undefined) continue;
    if (state !== 'Waiting' && state !== 'Running' && state !== 'Paused')
      metrics.stepEnded(state, seconds(startedAt, finishedAt));
    const previous = steps[index - 1]?.finishedAt;
    if (previous !== undefined) metrics.handedOff(seconds(previous, startedAt));
  }
}

function seconds(from: string, to: string): number {
  return Math.max(0, Date.parse(to) - Date.parse(from)) / 1000;
}
