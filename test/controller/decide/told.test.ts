/** The table of docs/controller.md: what the node did of a step, what the Task was told, and what is told of the step. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { decide, type Seen } from '../../../controller/decide.ts';
import { type ContainerStatus } from '../../../controller/pod.ts';
import {
  cancelled,
  failed,
  iso,
  over,
  podWith,
  silent,
  START,
  taskOf,
  running,
  waiting,
} from '../builders.ts';
import { known, ready, settings, stopped } from './decided.ts';

const DOCS = join(import.meta.dirname, '../../../docs/controller.md');

/** How the Task was stopped, by the heads of the columns. */
const STOPS: Readonly<Record<string, string | undefined>> = {
  'nobody stopped it': undefined,
  'it was cancelled': 'Cancelled',
  'its time was up': 'TimedOut',
};

type Parts = NonNullable<Parameters<typeof podWith>[1]>;

/** What the node did with step b, by the first cell of the row. */
const ROWS: Readonly<Record<string, (stop: string | undefined) => Partial<Seen>>> = {
  'its agent said that it succeeded': of(over('b')),
  'its agent said that it failed': of(failed('b')),
  'its agent said that it was stopped': of(cancelled('b', true)),
  'ended its command by a signal, which its agent said': of(killed()),
  'ended it with its agent, after it was seen to run': (stop) => ({
    ...known({ status: 'Running', steps: [{ name: 'b', state: 'Running', startedAt: iso(2) }] }),
    ...of(silent('b', 137, 'Error', iso(6)))(stop),
  }),
  'ended it with its agent, when it may have begun': of(silent('b', 137, 'Error', iso(6))),
  'ended its container before its turn came': of(
    silent('b', 137, 'Error', iso(6)),
    over('a', { finishedAt: iso(8) }),
  ),
  'ended the pod before its container started': ended(waiting('b')),
  'ended the pod, and lost what became of it': ended(silent('b', 137, 'ContainerStatusUnknown')),
  'says nothing of it for 90 s': (stop) => pod([over('a'), running('b'), waiting('c')], stop, {}, -80),
  'is gone, and the pod with it': (stop) => ({
    ...known({ status: 'Running', podName: 'p', steps: [{ name: 'b', state: 'Waiting' }] }),
    ...(stop === 'Cancelled' && { task: taskOf({ cancel: true }, { status: { podName: 'p' } }) }),
  }),
};

function of(step: ContainerStatus, before = over('a')): (stop: string | undefined) => Partial<Seen> {
  return (stop) => pod([before, step, cancelled('c')], stop, {});
}

function ended(step: ContainerStatus): (stop: string | undefined) => Partial<Seen> {
  return (stop) => {
    const reason = stop === undefined ? 'Evicted' : 'DeadlineExceeded';
    return pod([over('a'), step, cancelled('c')], stop, { phase: 'Failed', reason, message: 'why' });
  };
}

function pod(containers: ContainerStatus[], stop: string | undefined, parts: Parts, at = 5): Partial<Seen> {
  const told = stop === undefined ? {} : { order: '-1', stop: stopped(stop, at) };
  return { pod: podWith(containers, { ...parts, ...told }) };
}

function killed(): ContainerStatus {
  const end = { exitCode: 143, signal: 'SIGTERM', reason: 'Signaled', message: 'ended by SIGTERM' } as const;
  return over('b', { outcome: 'Failed', ...end, finishedAt: iso(6) });
}

const table = readFileSync(DOCS, 'utf8')
  .split('## What is told of a step\n')[1]
  ?.split('\n\n`Evicted` stands')[0]
  ?.split('\n')
  .filter((line) => line.startsWith('| ') && !line.startsWith('| --'))
  .map((line) =>
    line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
const [head = [], ...rows] = table ?? [];

it('has every row and column that is tested, and no other', () => {
  expect(head.slice(1)).toEqual(Object.keys(STOPS));
  expect(rows.map(([what]) => what)).toEqual(Object.keys(ROWS));
});

it.each(
  rows.flatMap(([what = '', ...cells]) =>
    cells.map((cell, index) => [what, head[index + 1] ?? '', cell] as const),
  ),
)('its node %s, %s: %s', (what, told, cell) => {
  if (cell === '') return;
  const seen = ROWS[what]?.(STOPS[told]) ?? {};
  const whole = {
    task: taskOf(),
    pod: undefined,
    hadPod: true,
    prepared: ready,
    now: START + 10_000,
    ...seen,
  };
  const step = decide(whole, settings).status?.steps?.find(({ name }) => name === 'b');
  const { state = '', reason = '', message = '' } = step ?? {};
  const [words = '', quoted] = cell.split(', ');
  expect(`\`${state}\` \`${reason}\``).toBe(words);
  if (quoted !== undefined) expect(message).toContain(quoted.replaceAll('"', ''));
});
