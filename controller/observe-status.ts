import type { TaskStatus } from '../shared/task/task.ts';
import type { Metrics } from './runtime/metrics.ts';

/** Measures a Task once it is over: how long it took, its steps, and the hand-offs between them. Seconds. */
export function observeStatus(metrics: Metrics, before: TaskStatus | undefined, after: TaskStatus): void {
  if (before?.completionTime !== undefined || after.completionTime === undefined) return;
  const { status = 'Failure', startTime, completionTime, steps = [] } = after;
  if (startTime !== undefined) metrics.taskEnded(status, seconds(startTime, completionTime));
  for (const [index, { state, startedAt, finishedAt }] of steps.entries()) {
    if (startedAt === undefined || finishedAt === undefined) continue;
    if (state !== 'Waiting' && state !== 'Running') metrics.stepEnded(state, seconds(startedAt, finishedAt));
    const previous = steps[index - 1]?.finishedAt;
    if (previous !== undefined) metrics.handedOff(seconds(previous, startedAt));
  }
}

function seconds(from: string, to: string): number {
  return Math.max(0, Date.parse(to) - Date.parse(from)) / 1000;
}
