/** The words of both reports for people. */
import { type RunEvent } from '../events.ts';

type Event<Type extends RunEvent['type']> = Extract<RunEvent, { type: Type }>;

export function startOf({ task, steps, agent, differences }: Event<'TaskStarted'>): string[] {
  return [
    `Task ${task}, ${steps.length} ${steps.length === 1 ? 'step' : 'steps'}, on this machine (${agent})`,
    ...differences.map((difference) => `  ${difference}`),
  ];
}

export function endOf({ task, status, durationMs, message }: Event<'TaskFinished'>): string {
  return `Task ${task} ${status} in ${duration(durationMs)}: ${message}`;
}

/** What became of a step, `Failed in 1.2s: exit code 42`. */
export function stepEnd(event: Event<'StepFinished'>): string {
  const { outcome, startedAt, finishedAt, message } = event;
  const took =
    startedAt === undefined ? '' : ` in ${duration(Date.parse(finishedAt) - Date.parse(startedAt))}`;
  return `${outcome}${took}${outcome === 'Succeeded' ? '' : `: ${message}`}`;
}

/** @example duration(61_500) // '1m1.5s' */
export function duration(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)}ms`;
  if (ms < 60_000) return `${(ms / 1000).toFixed(1)}s`;
  const minutes = Math.floor(ms / 60_000);
  const seconds = Math.floor((ms % 60_000) / 1000);
  return minutes < 60 ? `${minutes}m${seconds}s` : `${Math.floor(minutes / 60)}h${minutes % 60}m`;
}
