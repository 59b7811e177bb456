/** The oracle finds each kind of lie, and takes nothing for one that is true. */
import { describe, expect, it } from 'vitest';
import { type Facts } from '../../scripts/chaos/facts.ts';
import { judge } from '../../scripts/chaos/oracle.ts';
import { did, iso, journal, spec, status, stopped, succeeded, told, toldOf, well } from './facts.ts';

const paused = (at: number, condition: 'True' | 'Unknown' = 'True'): Facts['seen'][number] => ({
  at: at * 1000,
  status: {
    status: 'Paused',
    conditions: [
      { type: 'Paused', status: condition, reason: 'Suspended', message: '', lastTransitionTime: iso(at) },
    ],
  },
});
const twoOver = journal('begin a 1.00 ', 'end a 2.00 0', 'begin b 2.10 ', 'end b 4.00 0');

describe('what ran', () => {
  const rows: [string, Facts, string][] = [
    ['a second pod', { ...well, pods: 2 }, 'it had 2 pods'],
    [
      'a step that ran twice',
      { ...well, journal: journal('begin a 1.00 ', 'begin a 1.50 ', 'end a 2.00 0') },
      'step a began 2 times',
    ],
    [
      'a step before the one in front of it',
      { ...well, journal: journal('begin b 1.00 ', 'end b 2.00 0') },
      'step a in front of it never did',
    ],
    [
      'two steps at a time',
      { ...well, journal: journal('begin a 1.00 ', 'begin b 1.50 ', 'end a 2.00 0') },
      'step b began 500 ms before the last sign of life of a',
    ],
    [
      'a step behind one that failed',
      { ...well, journal: journal('begin a 1.00 ', 'end a 2.00 3', 'begin b 2.10 ') },
      'step b began, though step a ended with code 3',
    ],
    [
      'a step behind one that was ended',
      { ...well, journal: journal('begin a 1.00 ', 'begin b 2.10 ') },
      'step b began, though step a was ended',
    ],
  ];
  it.each(rows)('%s is found', (_, facts, found) => {
    expect(judge(facts)).toContainEqual(expect.stringContaining(found));
  });
});

describe('what is told of a step', () => {
  const rows: [string, Facts, string][] = [
    ['skipped, though it began', toldOf(stopped, 'b', { state: 'Skipped', startedAt: undefined }), 'b began'],
    ['cancelled without a start, though it began', toldOf(stopped, 'b', { startedAt: undefined }), 'b began'],
    ['never started, though it began', toldOf(stopped, 'b', { reason: 'NeverStarted' }), 'b began'],
    ['"it never began", though it did', toldOf(stopped, 'b', { message: 'x; it never began' }), 'b began'],
    ['succeeded, though it never began', toldOf(stopped, 'c', succeeded('c')), 'c never began'],
    ['succeeded, though it was ended', toldOf(stopped, 'b', succeeded('b')), 'did not come to a good end'],
    [
      'ran for seconds, though it never began',
      toldOf(stopped, 'c', { startedAt: iso(1), finishedAt: iso(4) }),
      'c never began within 3000 ms',
    ],
    ['open when the Task is over', toldOf(stopped, 'c', { state: 'Waiting' }), 'c is open'],
    [
      'failed with another code',
      toldOf(well, 'b', { state: 'Failed', exitCode: 7 }),
      'ended with code 0, not 7',
    ],
    [
      'continued, though it may not',
      toldOf(well, 'b', { state: 'Continued', exitCode: 0 }),
      'b may not fail',
    ],
    [
      'stopped by a deadline that nobody set',
      toldOf(stopped, 'c', { reason: 'DeadlineExceeded' }),
      'c has a deadline that nobody set',
    ],
    [
      'nothing',
      told(well, (last) => ({ ...last, steps: last.steps?.slice(1) })),
      'nothing is said of step a',
    ],
  ];
  it.each(rows)('%s: is found', (_, facts, found) => {
    expect(judge(facts)).toContainEqual(expect.stringContaining(found));
  });
});

describe('what is told of the Task', () => {
  const rows: [string, Facts, string][] = [
    ['cancelled by nobody', { ...stopped, done: [] }, 'nobody cancelled it'],
    [
      'out of a time that it did not have',
      told(stopped, (last) => ({ ...last, reason: 'TimedOut' })),
      'it has no time limit',
    ],
    [
      'its pod deleted by nobody',
      told(stopped, (last) => ({ ...last, reason: 'PodDeleted' })),
      'nobody deleted its pod',
    ],
    [
      'successful with a step that was not',
      toldOf(well, 'b', { state: 'Cancelled' }),
      'step b did not succeed',
    ],
    [
      'all succeeded, though one continued',
      {
        ...toldOf(well, 'b', { state: 'Continued', exitCode: 2 }),
        spec: spec({}, { b: 'continue' }),
        journal: journal(
          'begin a 1.00 ',
          'end a 2.00 0',
          'begin b 2.10 ',
          'end b 3.00 2',
          'begin c 3.10 ',
          'end c 4.00 0',
        ),
      },
      '1 steps continued after a failure',
    ],
    [
      'failed of a step, though none did',
      told(well, (last) => ({ ...last, reason: 'StepFailed' })),
      'no step failed',
    ],
    [
      'a step was running that never began',
      told(stopped, (last) => ({ ...last, message: 'step 3 (c) was running' })),
      'step c never began',
    ],
    [
      'too many steps over',
      told(stopped, (last) => ({ ...last, step: '3/3' })),
      '2 of its steps had their turn, not 3',
    ],
    ['too few steps over', told(stopped, (last) => ({ ...last, step: '1/3' })), 'are over, not 1'],
    ['another number of steps', told(stopped, (last) => ({ ...last, step: '2/4' })), 'it has 3 steps, not 4'],
    [
      'over while a step lives',
      { ...stopped, journal: journal('begin a 1.00 ', 'end a 2.00 0', 'begin b 2.10 ', 'alive b 7.50 ') },
      'step b lived 500 ms after the last word',
    ],
    [
      'over long before it was',
      told(stopped, (last) => ({ ...last, completionTime: iso(1.5) })),
      'step b lived 1500 ms after the completionTime',
    ],
    ['never over', { ...well, seen: [{ at: 4_000, status: { status: 'Running' } }] }, 'for 5 s it has been'],
    ['no end in its events', { ...well, events: [] }, '0 events tell its end'],
    [
      'two ends in its events',
      { ...well, events: [...well.events, ...well.events] },
      '2 events tell its end',
    ],
    [
      'another end in its events',
      { ...well, events: [{ reason: 'Failed', note: '' }] },
      'its last event is Failed, its status Successful',
    ],
    [
      'another reason in its events',
      { ...well, events: [{ reason: 'Finished', note: 'Cancelled in 6s: spec.cancel is true' }] },
      'its last event says',
    ],
  ];
  it.each(rows)('%s: is found', (_, facts, found) => {
    expect(judge(facts)).toContainEqual(expect.stringContaining(found));
  });
});

describe('what is told while it runs', () => {
  const rows: [string, Facts, string][] = [
    [
      'the last word changed',
      { ...well, seen: [...well.seen, status({ status: 'Failure' })] },
      'the last word was changed',
    ],
    [
      'an end taken back',
      { ...well, seen: [{ at: 1, status: { steps: [{ name: 'a', state: 'Failed' }] } }, ...well.seen] },
      'step a was Failed, and then Succeeded',
    ],
    [
      'a begin taken back',
      {
        ...well,
        seen: [
          { at: 1, status: { steps: [{ name: 'a', state: 'Running' }] } },
          { at: 2, status: { steps: [{ name: 'a', state: 'Waiting' }] } },
          ...well.seen,
        ],
      },
      'step a was Running, and then Waiting',
    ],
    [
      'held, and a step begins',
      { ...well, seen: [paused(2.05), ...well.seen], done: [did({ kind: 'resume' }, 6)] },
      'step b began 50 ms after it was told that none does',
    ],
    [
      'held, and a step lives',
      { ...well, seen: [paused(2.5), ...well.seen], done: [did({ kind: 'resume' }, 6.5)] },
      'step b lived 1500 ms after it was told that nothing runs',
    ],
  ];
  it.each(rows)('%s: is found', (_, facts, found) => {
    expect(judge(facts)).toContainEqual(expect.stringContaining(found));
  });
});

describe('what is true', () => {
  const lost = toldOf(
    { ...stopped, journal: journal('begin a 1.00 ', 'end a 2.00 0', 'begin b 2.10 ', 'alive b 9.00 ') },
    'b',
    { message: 'how it ended is not known' },
  );
  const rows: [string, Facts][] = [
    ['all well', well],
    ['cancelled in the middle', stopped],
    ['a step whose end is not known lives on', lost],
    [
      'held until somebody lets it go',
      { ...well, seen: [paused(2.05), ...well.seen], done: [did({ kind: 'resume' }, 2.06)] },
    ],
    ['perhaps held', { ...well, seen: [paused(2.05, 'Unknown'), ...well.seen] }],
    [
      'a step that may fail died before its turn',
      {
        ...toldOf(well, 'a', { state: 'Continued', exitCode: 137, message: 'it never began' }),
        spec: spec({}, { a: 'continue' }),
        journal: journal('begin b 2.10 ', 'end b 4.00 0', 'begin c 4.10 ', 'end c 6.00 0'),
        done: [did({ kind: 'kill-agent', step: 'a' }, 1)],
        ...{ events: [{ reason: 'Finished', note: '1 continued' }] },
      },
    ],
    [
      'a step that was stopped before it could write',
      toldOf({ ...stopped, journal: journal('begin a 1.00 ', 'end a 2.00 0') }, 'b', {
        finishedAt: iso(2.1),
      }),
    ],
    ['a Task that was deleted', { ...well, seen: [], events: [], done: [did({ kind: 'delete-task' }, 1)] }],
  ];
  it.each(rows)('%s: is nothing', (_, facts) => {
    const counted = facts.seen.some(({ status: { steps = [] } }) =>
      steps.some(({ state }) => state === 'Continued'),
    );
    const whole = counted ? told(facts, (last) => ({ ...last, message: '1 continued' })) : facts;
    expect(judge(whole)).toEqual([]);
  });
});

it('two steps that are over are no two at a time', () => {
  expect(judge({ ...stopped, journal: twoOver, seen: [] }).filter((each) => each.startsWith('step'))).toEqual(
    [],
  );
});
