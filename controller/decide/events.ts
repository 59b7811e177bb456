/** What people are told of a Task's way: its events, from how its status changed. */
import { cautions } from '../../shared/pod/cautions.ts';
import { everyStep } from '../../shared/task/finally.ts';
import type { StepStatus, TaskStatus } from '../../shared/task/task.ts';
import { between } from './status.ts';
import type { StoredTask } from '../stored-task.ts';

export interface TaskEvent {
  reason: 'Created' | 'Started' | 'StepFinished' | 'Failed' | 'Finished' | 'Caution' | 'Held' | 'Resumed';
  type: 'Normal' | 'Warning';
  note: string;
  /** Tells this event from the others of the Task: the same is never posted twice. */
  key: string;
}

/**
 * The events of a change of status. Steps that ended since the last one share one event; those that ended together with
 * the first, or with the Task, are in that event, so that a quick Task has three in all.
 *
 * @example eventsOf({ status: 'Pending' }, { status: 'Running', step: '1/3', … })[0]?.reason // 'Started'
 */
export function eventsOf(before: TaskStatus | undefined, after: TaskStatus): TaskEvent[] {
  const events: TaskEvent[] = [];
  const finished = newlyOver(before, after).map(describe).join('; ');
  const begins = !hasBegun(before) && hasBegun(after);
  const isOver = after.completionTime !== undefined;
  if (begins) {
    const note = `step ${after.steps?.[0]?.name ?? ''} of pod ${after.podName ?? ''} started`;
    events.push({
      reason: 'Started',
      type: 'Normal',
      note: finished === '' || isOver ? note : `${note}; ${finished}`,
      key: 'started',
    });
  } else if (finished !== '' && !isOver) {
    events.push({ reason: 'StepFinished', type: 'Normal', note: finished, key: `finished: ${finished}` });
  }
  events.push(...heldEvents(before, after));
  if (isOver) {
    const failed = after.status === 'Failure';
    const note = failed
      ? `${after.reason}: ${after.message}`
      : `${after.status} in ${after.duration}: ${after.message}`;
    events.push({
      reason: failed ? 'Failed' : 'Finished',
      type: failed ? 'Warning' : 'Normal',
      note,
      key: 'over',
    });
  }
  return events;
}

/** One for each hold, whatever else happens. */
function heldEvents(before: TaskStatus | undefined, after: TaskStatus): TaskEvent[] {
  return (after.steps ?? []).flatMap((step): TaskEvent[] => {
    const { name, state, holds = 0 } = step;
    const known = before?.steps?.find((each) => each.name === name);
    const isKnown = known?.state === 'Paused' && (known.holds ?? 0) === holds;
    if (state !== 'Paused' || isKnown) return [];
    const note = after.conditions?.find(({ type }) => type === 'Paused')?.message ?? '';
    return [{ reason: 'Held', type: 'Normal', note, key: `held: ${name} ${holds + 1}` }];
  });
}

export function createdEvent(task: StoredTask, pod: string): TaskEvent {
  const { length } = everyStep(task.spec);
  const note = `pod ${pod} with ${length} ${length === 1 ? 'step' : 'steps'}`;
  return { reason: 'Created', type: 'Normal', note, key: 'created' };
}

export function cautionEvents(task: StoredTask): TaskEvent[] {
  return cautions(task).map((note) => ({ reason: 'Caution', type: 'Warning', note, key: note }));
}

const ended = ({ state }: StepStatus): boolean =>
  state !== 'Waiting' && state !== 'Running' && state !== 'Paused';

function hasBegun(status: TaskStatus | undefined): boolean {
  return status?.steps?.some((step) => step.state === 'Running' || step.startedAt !== undefined) ?? false;
}

function newlyOver(before: TaskStatus | undefined, after: TaskStatus): StepStatus[] {
  const known = new Set(before?.steps?.filter(ended).map(({ name }) => name));
  return after.steps?.filter((step) => ended(step) && !known.has(step.name)) ?? [];
}

function describe({ name, state, exitCode, startedAt, finishedAt }: StepStatus): string {
  const code = state === 'Succeeded' || exitCode === undefined ? '' : ` with code ${exitCode}`;
  const took = startedAt && finishedAt ? ` in ${between(startedAt, finishedAt)}` : '';
  return `step ${name} ${state}${code}${took}`;
}
