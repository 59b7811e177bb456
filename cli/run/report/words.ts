/** The words of both reports for people. */
import { shellWord } from '../../print.ts';
import { plain } from '../../../shared/text.ts';
import { type OutcomeKind } from '../../../shared/turn/outcome.ts';
import { type RunEvent } from '../events.ts';

type Event<Type extends RunEvent['type']> = Extract<RunEvent, { type: Type }>;

export function startOf({ task, steps, agent, differences }: Event<'TaskStarted'>): string[] {
  return [
    `Task ${task}, ${steps.length} ${steps.length === 1 ? 'step' : 'steps'}, on this machine (${agent})`,
    ...differences.map((difference) => `  ${difference}`),
  ];
}

export function endOf({ results = [], ...event }: Event<'TaskFinished'>): string {
  const lines = results.map(({ name, value, size }) =>
    value === undefined ? `  result ${name}: ${size} bytes` : `  result ${name}: ${plain(value)}`,
  );
  return [wordOf(event), ...lines].join('\n');
}

function wordOf({
  task,
  status,
  reason,
  durationMs,
  message,
}: Omit<Event<'TaskFinished'>, 'results'>): string {
  if (reason === 'TimedOut') return message.replace('the Task', `Task ${task}`);
  return `Task ${task} ${status} in ${duration(durationMs)}: ${plain(message)}`;
}

export function skipped({ tasks, after }: Event<'TasksSkipped'>): string {
  return `not run, because Task ${after} did not succeed: ${tasks.join(', ')}`;
}

/** How a held step goes on. @param several - whether others are held as well */
export function held({ kind, run }: Event<'StepHeld'>): string {
  const [when, retry] = kind === 'Before' ? ['before', ''] : ['after', '|Retry'];
  return `Held ${when} its command; to go on: taskflow resume --run ${shellWord(run)} [--action Continue${retry}|Skip|Fail]`;
}

/** The same for who can type; `c` and Enter. */
export function keys({ step, kind }: Event<'StepHeld'>): string {
  return `step ${step} is held; type c (Continue), ${kind === 'Before' ? '' : 'r (Retry), '}s (Skip) or f (Fail), and Enter`;
}

export const resumed = ({ action }: Event<'StepResumed'>): string => `Resumed: ${action}`;

export const stopping = ({ signal }: Event<'Stopping'>): string =>
  `${signal}: stopping; once more kills at once`;

/** What became of a step, `Failed in 1.2s: exit code 42`. */
export function stepEnd(event: Event<'StepFinished'>): string {
  const { outcome, startedAt, finishedAt, message } = event;
  const took =
    startedAt === undefined ? '' : ` in ${duration(Date.parse(finishedAt) - Date.parse(startedAt))}`;
  return `${shownOutcome(event)}${took}${outcome === 'Succeeded' ? '' : `: ${plain(message)}`}`;
}

/** The word for how a step ended: the Task's timeout cancels steps, but nobody wished for that. */
export function shownOutcome({ outcome, reason, startedAt }: Event<'StepFinished'>): OutcomeKind {
  if (outcome !== 'Cancelled' || reason !== 'TimedOut') return outcome;
  return startedAt === undefined ? 'Skipped' : 'TimedOut';
}

/** @example duration(61_500) // '1m1.5s' */
export function duration(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)}ms`;
  if (ms < 60_000) return `${(ms / 1000).toFixed(1)}s`;
  const minutes = Math.floor(ms / 60_000);
  const seconds = Math.floor((ms % 60_000) / 1000);
  return minutes < 60 ? `${minutes}m${seconds}s` : `${Math.floor(minutes / 60)}h${minutes % 60}m`;
}
