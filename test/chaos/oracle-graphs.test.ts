/** What the oracle knows of graphs, `finally`, conditions, retries and results. */
import { expect, it } from 'vitest';
import { type Facts } from '../../scripts/chaos/facts.ts';
import { judge } from '../../scripts/chaos/oracle.ts';
import { type StepStatus, type Task } from '../../shared/task/task.ts';
import { did, iso, journal, status, succeeded, told, toldOf } from './facts.ts';

type Step = Task['spec']['steps'][number];

const step = (name: string, fields: Partial<Step> = {}): Step => ({ name, image: 'i', ...fields });
const taking = (name: string): Pick<Step, 'env'> => ({
  env: [{ name: 'TAKEN', value: `$(steps.${name}.results.name)` }],
});
const when = (name: string, outcome: string): Pick<Step, 'when'> => ({
  when: [{ input: `$(steps.${name}.outcome)`, operator: 'in', values: [outcome] }],
});

/** b and c after a, which leaves a result; d after both; f in the end. */
const spec: Task['spec'] = {
  steps: [
    step('a', { results: ['name'] }),
    step('b', { after: ['a'], ...taking('a') }),
    step('c', { after: ['a'], retries: 1 }),
    step('d', { after: ['b', 'c'] }),
  ],
  finally: [step('f')],
};

const LINES = {
  a: ['begin a 1.00 ', 'end a 2.00 0'],
  b: ['begin b 2.10 a', 'end b 3.00 0'],
  c: ['begin c 2.10 ', 'end c 2.50 9', 'begin c 2.80 ', 'end c 4.00 0'],
  d: ['begin d 4.10 ', 'end d 5.00 0'],
  f: ['begin f 5.10 ', 'end f 6.00 0'],
};
const wrote = (lines: Partial<Record<keyof typeof LINES, string[]>> = {}): Facts['journal'] =>
  journal(...Object.values({ ...LINES, ...lines }).flat());

const good = (name: string): StepStatus => ({
  ...succeeded(name),
  attempts: name === 'c' ? 2 : 1,
  ...(name === 'a' && { results: [{ name: 'name', value: 'a' }] }),
});

const well: Facts = {
  spec,
  journal: wrote(),
  seen: [
    status({
      status: 'Successful',
      reason: 'Succeeded',
      message: 'all 5 steps succeeded',
      step: '5/5',
      steps: ['a', 'b', 'c', 'd', 'f'].map(good),
    }),
  ],
  done: [],
  events: [{ reason: 'Finished', note: 'Successful in 6s: all 5 steps succeeded' }],
  pods: 1,
  until: 9_000,
};

const CONTINUED = '4 of 5 steps succeeded, 1 continued after a failure';

/** One step may fail, and did. */
const mayFail = (name: string): Pick<Facts, 'spec' | 'events'> => ({
  spec: {
    ...spec,
    steps: spec.steps.map((each) => (each.name === name ? { ...each, onError: 'continue' } : each)),
  },
  events: [{ reason: 'Finished', note: CONTINUED }],
});

const neverBegan = { state: 'Skipped', startedAt: undefined, finishedAt: undefined } as const;

/** Its step b failed. */
const failed: Facts = {
  ...told(toldOf(toldOf(well, 'b', { state: 'Failed', exitCode: 4 }), 'd', neverBegan), (last) => ({
    ...last,
    status: 'Failure',
    reason: 'StepFailed',
    message: 'step 2 (b) failed',
    step: '4/5',
  })),
  journal: wrote({ b: ['begin b 2.10 a', 'end b 3.00 4'], d: [] }),
  events: [{ reason: 'Failed', note: 'StepFailed: step 2 (b) failed' }],
};

/** Its step b did not run, as its condition did not hold. */
const omitted: Facts = {
  ...told(
    toldOf(well, 'b', { state: 'Omitted', startedAt: undefined, finishedAt: undefined, attempts: 0 }),
    (last) => ({
      ...last,
      message: '4 of 5 steps succeeded, 1 omitted, as its when: did not hold',
    }),
  ),
  spec: {
    ...spec,
    steps: spec.steps.map((each) => (each.name === 'b' ? { ...each, ...when('a', 'Failed') } : each)),
  },
  journal: wrote({ b: [] }),
  events: [
    {
      reason: 'Finished',
      note: 'Successful in 6s: 4 of 5 steps succeeded, 1 omitted, as its when: did not hold',
    },
  ],
};

it.each<[string, Facts]>([
  [
    'a step that may fail and was out of time before its first line',
    {
      ...toldOf(well, 'c', { state: 'Continued', attempts: 1, exitCode: 124, finishedAt: iso(2.2) }),
      ...mayFail('c'),
      journal: wrote({ c: [] }),
    },
  ],
  ['two branches at once', well],
  ['a failure, with the other branch and finally', failed],
  ['a step that is omitted', omitted],
  [
    'a step of finally whose agent was killed',
    {
      ...toldOf(failed, 'f', {
        state: 'Failed',
        exitCode: 137,
        startedAt: undefined,
        message: 'it never began',
      }),
      journal: wrote({ b: ['begin b 2.10 a', 'end b 3.00 4'], d: [], f: [] }),
      done: [did({ kind: 'kill-agent', step: 'f' }, 1)],
    },
  ],
  [
    'a join behind one that failed and may',
    {
      ...toldOf(well, 'b', { state: 'Continued', exitCode: 4 }),
      ...mayFail('b'),
      journal: wrote({ b: ['begin b 2.10 a', 'end b 3.00 4'] }),
    },
  ],
])('%s: is nothing', (_, facts) => {
  const isGood = facts.events[0]?.note === CONTINUED;
  expect(judge(isGood ? told(facts, (last) => ({ ...last, message: CONTINUED })) : facts)).toEqual([]);
});

it.each<[string, Facts, string]>([
  [
    'a join before one of its branches is over',
    { ...well, journal: wrote({ d: ['begin d 3.50 ', 'end d 5.00 0'] }) },
    'd began 500 ms before the last sign of life of c',
  ],
  [
    'a join behind a failure',
    { ...failed, journal: wrote({ b: ['begin b 2.10 a', 'end b 3.00 4'] }) },
    'd began, though step b ended with code 4',
  ],
  [
    'finally before the others are over',
    { ...well, journal: wrote({ f: ['begin f 4.50 ', 'end f 6.00 0'] }) },
    'f began 500 ms before the last sign of life of d',
  ],
  [
    'a step that begins when finally has',
    { ...well, journal: wrote({ d: ['begin d 5.50 ', 'end d 5.60 0'] }) },
    'f began 500 ms before the last sign of life of d',
  ],
  ['finally twice', { ...well, journal: wrote({ f: [...LINES.f, 'begin f 6.10 '] }) }, 'f began 2 times'],
  [
    'finally not at all',
    {
      ...toldOf(failed, 'f', neverBegan),
      journal: wrote({ b: ['begin b 2.10 a', 'end b 3.00 4'], d: [], f: [] }),
    },
    'f never began, though its turn came',
  ],
  [
    'a branch left out',
    {
      ...toldOf(failed, 'c', neverBegan),
      journal: wrote({ b: ['begin b 2.10 a', 'end b 3.00 4'], c: [], d: [] }),
    },
    'c never began, though its turn came',
  ],
  [
    'a retry of what succeeded',
    { ...well, journal: wrote({ c: ['begin c 2.10 ', 'end c 2.50 0', 'begin c 2.80 ', 'end c 4.00 0'] }) },
    'c began 2 times',
  ],
  [
    'a retry before the end',
    { ...well, journal: wrote({ c: ['begin c 2.10 ', 'begin c 2.40 ', 'end c 2.50 9', 'end c 4.00 0'] }) },
    'c began 2 times',
  ],
  [
    'more retries than it may have',
    {
      ...well,
      journal: wrote({ c: [...LINES.c.slice(0, 3), 'end c 3.00 9', 'begin c 3.10 ', 'end c 4.00 0'] }),
    },
    'c began 3 times',
  ],
  ['another number of attempts', toldOf(well, 'c', { attempts: 1 }), 'c was run 2 times, not 1'],
  [
    'the result of another step',
    { ...well, journal: wrote({ b: ['begin b 2.10 x', 'end b 3.00 0'] }) },
    'b was given "x" as the result of step a',
  ],
  [
    'no result',
    { ...well, journal: wrote({ b: ['begin b 2.10 ', 'end b 3.00 0'] }) },
    'b was given "" as the result of step a',
  ],
  ['a result that is not told', toldOf(well, 'a', { results: undefined }), 'a left its name as a result'],
  ['an omitted step that ran', { ...omitted, journal: wrote() }, 'b began, though its when does not hold'],
  ['omitted, though it began', { ...omitted, journal: wrote() }, 'b began; it is told as Omitted'],
  [
    'omitted, though its condition holds',
    {
      ...omitted,
      spec: {
        ...spec,
        steps: spec.steps.map((each) => (each.name === 'b' ? { ...each, ...when('a', 'Succeeded') } : each)),
      },
    },
    'b was omitted, though its when holds',
  ],
  [
    'omitted, and nobody is told',
    told(omitted, (last) => ({ ...last, message: 'all 5 steps succeeded' })),
    '1 steps were omitted',
  ],
  [
    'omitted, and not counted',
    told(omitted, (last) => ({ ...last, step: '4/5' })),
    '5 of its steps had their turn and are over, not 4',
  ],
  ['finally is not counted', told(well, (last) => ({ ...last, step: '4/4' })), 'it has 5 steps, not 4'],
  ['it began before it is told to', toldOf(well, 'd', { startedAt: iso(5.9) }), 'd began before'],
  ['it lived after it is told to', toldOf(well, 'f', { finishedAt: iso(4) }), 'f lived after'],
])('%s: is found', (_, facts, found) => {
  expect(judge(facts)).toContainEqual(expect.stringContaining(found));
});
