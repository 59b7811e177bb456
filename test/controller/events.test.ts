import { describe, expect, it } from 'vitest';
import { createdEvent, eventsOf } from '../../controller/decide/events.ts';
import { eventObject } from '../../controller/event-object.ts';
import type { StepStatus, TaskStatus } from '../../shared/task/task.ts';
import { iso, START, taskOf } from './builders.ts';

const done = (name: string, seconds = 1): StepStatus => ({
  name,
  state: 'Succeeded',
  exitCode: 0,
  startedAt: iso(0),
  finishedAt: iso(seconds),
});
const runs = (name: string): StepStatus => ({ name, state: 'Running' });
const waits = (name: string): StepStatus => ({ name, state: 'Waiting' });
const status = (steps: StepStatus[], more: Partial<TaskStatus> = {}): TaskStatus => ({
  status: 'Running',
  podName: 'p',
  steps,
  ...more,
});
const over = { completionTime: iso(9), duration: '9s', message: 'why' } as const;

describe('the events of a change', () => {
  const rows: [string, TaskStatus | undefined, TaskStatus, string[]][] = [
    ['nothing has begun', undefined, status([waits('a')], { status: 'Pending' }), []],
    ['the first step runs', undefined, status([runs('a')]), ['Started: step a of pod p started']],
    [
      'and is over already',
      undefined,
      status([done('a'), runs('b')]),
      ['Started: step a of pod p started; step a Succeeded in 1s'],
    ],
    [
      'a step ended',
      status([runs('a'), waits('b')]),
      status([done('a', 3.2), runs('b')]),
      ['StepFinished: step a Succeeded in 3.2s'],
    ],
    [
      'several did: one event tells of all',
      status([runs('a'), waits('b'), waits('c')]),
      status([done('a'), { name: 'b', state: 'Continued', exitCode: 7 }, runs('c')]),
      ['StepFinished: step a Succeeded in 1s; step b Continued with code 7'],
    ],
    ['nothing is told twice', status([done('a'), runs('b')]), status([done('a'), runs('b')]), []],
    [
      'the end says it all',
      status([runs('a')]),
      status([done('a')], { ...over, status: 'Successful' }),
      ['Finished: Successful in 9s: why'],
    ],
    [
      'a failure',
      status([runs('a')]),
      status([done('a')], { ...over, status: 'Failure', reason: 'StepFailed' }),
      ['Failed: StepFailed: why'],
    ],
    [
      'a wish',
      status([runs('a')]),
      status([done('a')], { ...over, status: 'Cancelled' }),
      ['Finished: Cancelled in 9s: why'],
    ],
    [
      'all at once',
      undefined,
      status([done('a')], { ...over, status: 'Successful' }),
      ['Started: step a of pod p started', 'Finished: Successful in 9s: why'],
    ],
  ];
  it.each(rows)('%s', (_, before, after, told) => {
    expect(eventsOf(before, after).map(({ reason, note }) => `${reason}: ${note}`)).toEqual(told);
  });
});

describe('an event of the API', () => {
  const about = { instance: 'x'.repeat(200), now: START };

  it('has a name that follows from what it tells, so that it is told once', () => {
    const task = taskOf();
    const [one, again] = [1, 2].map(() => eventObject(task, createdEvent(task, 'p'), about));
    expect(one?.metadata.name).toBe(again?.metadata.name);
    const other = eventObject(
      taskOf({}, { metadata: { name: 'build', uid: 'u-2' } }),
      createdEvent(task, 'p'),
      about,
    );
    expect(other.metadata.name).not.toBe(one?.metadata.name);
  });

  it('keeps to the limits of the API', () => {
    const event = { ...createdEvent(taskOf(), 'p'), note: 'é'.repeat(2000) };
    const object = eventObject(taskOf(), event, about);
    expect(object).toMatchObject({
      eventTime: '2026-01-01T00:00:00.000000Z',
      action: 'CreatePod',
      regarding: { kind: 'Task', uid: 'u-1' },
    });
    // Bytes, and no half of a character.
    expect(object['note']).toBe(`${'é'.repeat(510)}…`);
    expect(Buffer.byteLength(String(object['reportingInstance']))).toBeLessThanOrEqual(128);
  });
});
