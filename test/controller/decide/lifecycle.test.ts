/** The tables of docs/lifecycle.md, row by row. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { decide } from '../../../controller/decide.ts';
import { type ContainerStatus, type ObservedPod } from '../../../controller/pod.ts';
import { type StoredTask } from '../../../controller/stored-task.ts';
import { type Task } from '../../../shared/task/task.ts';
import { encodeResumes, type HoldKind, type ResumeAction } from '../../../shared/turn/resume.ts';
import { cancelled, failed, held, iso, over, podWith, running, skipped, START, taskOf } from '../builders.ts';
import { ready, settings, stopped } from './decided.ts';

const text = readFileSync(join(import.meta.dirname, '../../../docs/lifecycle.md'), 'utf8');

/** The rows below a heading, without the marks of code. */
function rowsOf(heading: string): string[][] {
  const section = text.split(`## ${heading}\n`)[1]?.split('\n## ')[0] ?? '';
  return section
    .split('\n')
    .filter((line) => line.startsWith('|') && !line.includes('---'))
    .slice(1)
    .map((line) =>
      line
        .split('|')
        .slice(1, -1)
        .map((cell) => cell.trim().replaceAll('`', '')),
    );
}

interface Moment {
  spec?: Partial<Task['spec']>;
  pod?: ObservedPod;
}

/** What the statuses are at one moment and at the next. */
function statuses(moments: readonly Moment[]): (StoredTask['status'] | undefined)[] {
  let status: StoredTask['status'];
  return moments.map(({ spec = {}, pod }, index) => {
    const task = taskOf({ ...STEPS, ...spec }, status === undefined ? {} : { status });
    const now = START + (10 + index) * 1000;
    const decision = decide({ task, pod, hadPod: pod !== undefined, prepared: ready, now }, settings);
    status = decision.status ?? status;
    return status;
  });
}

/** Step a, and b beside it; each test says where a can be held. */
const STEPS = { names: ['a', 'b'] };
const holding = (pause: HoldKind[], after?: string[]): Partial<Task['spec']> => ({
  steps: [
    { name: 'a', image: 'b', command: ['true'], pause },
    { name: 'b', image: 'b', command: ['true'], ...(after && { after }) },
  ],
});
const pods = (...containers: ContainerStatus[]): Moment => ({ pod: podWith(containers) });
const told = (action: ResumeAction, ...containers: ContainerStatus[]): Moment => ({
  pod: podWith(containers, {
    resume: encodeResumes({ steps: new Map([[1, [{ action, by: 'r', at: iso(10) }]]]) }),
  }),
});
const ends = (reason: string, ...containers: ContainerStatus[]): ObservedPod =>
  podWith(containers, { order: '-1', stop: stopped(reason) });

const [A, B] = [running('a'), running('b')];
const suspended = { suspend: true };
/** A gate was seen by the step that is over, so the next one waits. */
const gated = podWith([over('a', { gate: 1 }), B], { gate: '1' });

const TASK: Readonly<Record<string, readonly Moment[]>> = {
  'Pending: a step begins': [{}, pods(A, B)],
  'Pending: suspend becomes true': [{}, { spec: suspended }],
  'Pending: its first step is held': [
    { spec: holding(['Before']), ...pods(A, B) },
    { spec: holding(['Before']), ...pods(held('a'), B) },
  ],
  'Running: suspend becomes true, and no step runs': [pods(A, B), { spec: suspended, pod: gated }],
  'Running: a step is held, and no other goes on': [
    { spec: holding(['After']), ...pods(A, B) },
    { spec: holding(['After']), ...pods(held('a'), B) },
  ],
  'Running: a step is held, and a neighbour runs': [
    { spec: holding(['After'], []), ...pods(A, B) },
    { spec: holding(['After'], []), ...pods(held('a'), B) },
  ],
  'Paused: suspend becomes false, or the held step goes on': [
    { spec: suspended, pod: gated },
    pods(over('a'), B),
  ],
  'Running: every step is over, and went on': [pods(A, B), pods(over('a'), over('b'))],
  'Running: every step is over, and one stopped the chain': [pods(A, B), pods(failed('a'), skipped('b'))],
  'Paused: cancel becomes true, and every step is over': [
    { spec: suspended, pod: gated },
    { spec: { cancel: true }, pod: ends('Cancelled', over('a'), cancelled('b')) },
  ],
  'Running: timeout is over, and every step too': [
    pods(A, B),
    { spec: { timeout: '5s' }, pod: ends('TimedOut', cancelled('a', true), cancelled('b')) },
  ],
};

const before = { spec: holding(['Before']), ...pods(held('a'), B) };
const after = { spec: holding(['After']), ...pods(held('a'), B) };
const next = (of: Moment, moment: Moment): Moment[] => [of, { ...moment, spec: of.spec ?? {} }];
const skips = over('a', { outcome: 'Omitted', attempts: 0, reason: 'SkippedByResume' });

const STEP: Readonly<Record<string, readonly Moment[]>> = {
  'Waiting: its turn comes, with pause: [Before]': [{ ...before, ...pods(A, B) }, before],
  'Paused: held before its command, it is told Continue': next(before, told('Continue', A, B)),
  'Paused: held before its command, it is told Skip': next(before, told('Skip', skips, B)),
  'Paused: held before its command, it is told Fail': next(
    before,
    told('Fail', failed('a', 1), skipped('b')),
  ),
  'Running: its command is over, with pause: [After]': [{ ...after, ...pods(A, B) }, after],
  'Running: its command failed, with pause: [OnFailure]': [
    { spec: holding(['OnFailure']), ...pods(A, B) },
    { spec: holding(['OnFailure']), ...pods(held('a'), B) },
  ],
  'Paused: held after its command, it is told Continue, and the code is 0': next(
    after,
    told('Continue', over('a'), B),
  ),
  'Paused: held after its command, it is told Continue, and the code is not 0': next(
    after,
    told('Continue', failed('a'), skipped('b')),
  ),
  'Paused: held after its command, it is told Retry': next(after, told('Retry', A, B)),
  'Paused: held after its command, it is told Skip, and the code is not 0': next(
    after,
    told('Skip', over('a', { outcome: 'Continued', exitCode: 3 }), B),
  ),
  'Paused: held after its command, it is told Fail': next(after, told('Fail', failed('a', 1), skipped('b'))),
  'Paused: held before its command, the Task is cancelled': [
    before,
    { spec: { ...before.spec, cancel: true }, pod: ends('Cancelled', cancelled('a'), cancelled('b')) },
  ],
};

describe.each([
  ['A Task', TASK, (status: StoredTask['status']) => status?.status ?? 'Pending'],
  ['A step that can be held', STEP, (status: StoredTask['status']) => status?.steps?.[0]?.state ?? 'Waiting'],
] as const)('%s', (heading, cases, word) => {
  const rows = rowsOf(heading);

  it('has a case for each row of the table, and no other', () => {
    expect(rows.map(([from, then]) => `${from}: ${then}`).toSorted()).toEqual(Object.keys(cases).toSorted());
  });

  it.each(rows)('that is %s, and then %s, is %s', (from = '', then = '', to = '') => {
    expect(statuses(cases[`${from}: ${then}`] ?? []).map(word)).toEqual([from, to]);
  });
});
