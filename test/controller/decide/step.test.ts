import { expect, it } from 'vitest';
import { decide, type Seen } from '../../../controller/decide.ts';
import {
  cancelled,
  failed,
  over,
  podWith,
  running,
  silent,
  skipped,
  START,
  taskOf,
  waiting,
} from '../builders.ts';
import { ready, settings, stopped, trouble } from './decided.ts';

const pending = podWith(
  ['a', 'b', 'c'].map((name) => waiting(name)),
  { phase: 'Pending' },
);

/** The column STEP counts the steps that are over; one that never had its turn does not count. */
const rows: [string, string, Partial<Seen>][] = [
  ['0/1', 'there is one step, and it has not begun', { task: taskOf({ names: ['a'], suspend: true }) }],
  ['0/3', 'the containers are being made', { pod: pending }],
  ['0/3', 'the first step runs', { pod: podWith(['a', 'b', 'c'].map(running)) }],
  ['1/3', 'the second step runs', { pod: podWith([over('a'), running('b'), running('c')]) }],
  [
    '1/3',
    'a failure that was allowed, and the next step runs',
    { pod: podWith([over('a', { outcome: 'Continued', exitCode: 1 }), running('b'), running('c')]) },
  ],
  ['2/3', 'the last step runs', { pod: podWith([over('a'), over('b'), running('c')]) }],
  [
    '2/3',
    'the second was omitted, and the last step runs',
    { pod: podWith([over('a'), over('b', { outcome: 'Omitted', attempts: 0 }), running('c')]) },
  ],
  ['3/3', 'all succeeded', { pod: podWith([over('a'), over('b'), over('c')]) }],
  [
    '1/3',
    'the first failed, the others were skipped',
    { pod: podWith([failed('a'), skipped('b'), skipped('c')]) },
  ],
  ['3/3', 'the last failed', { pod: podWith([over('a'), over('b'), failed('c')]) }],
  [
    '1/3',
    'the first died without a word',
    { pod: podWith([silent('a'), cancelled('b'), cancelled('c')], { order: '-1' }) },
  ],
  [
    '1/3',
    'cancelled while the first ran',
    {
      pod: podWith([cancelled('a', true), cancelled('b'), cancelled('c')], {
        order: '-1',
        stop: stopped('Cancelled'),
      }),
    },
  ],
  ['0/3', 'a step could not be looked up', { prepared: trouble('now') }],
];

it('RUNNING names the steps that run', () => {
  const names = ['a', 'b', 'c', 'd'];
  const steps = names.map((name, index) => ({
    name,
    image: 'i',
    ...(index > 0 && { after: index < 3 ? ['a'] : ['b', 'c'] }),
  }));
  const runningOf = (pod: ReturnType<typeof podWith>): string | undefined =>
    decide({ task: taskOf({ steps }), pod, hadPod: true, prepared: ready, now: START }, settings).status
      ?.running;
  expect(runningOf(podWith(names.map(running)))).toBe('a');
  expect(runningOf(podWith([over('a'), ...['b', 'c', 'd'].map(running)]))).toBe('b, c');
  expect(runningOf(podWith([over('a'), failed('b'), over('c'), skipped('d')]))).toBeUndefined();
});

it.each(rows)('STEP is %s: %s', (step, _, seen) => {
  const whole = {
    task: taskOf(),
    pod: undefined,
    hadPod: seen.pod !== undefined,
    prepared: ready,
    now: START,
  };
  const { status } = decide({ ...whole, ...seen }, settings);
  expect(status?.step).toBe(step);
});
