import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { QUIT } from '../../../shared/turn/order.ts';
import { parseOutcome, type OutcomeKind } from '../../../shared/turn/outcome.ts';
import {
  encodeOver,
  NOTHING_OVER,
  outcomeOver,
  OverError,
  parseOver,
  taskOutcome,
  type Over,
} from '../../../shared/turn/over.ts';

const KINDS = [
  ...(['Succeeded', 'Continued', 'Omitted', 'Failed'] as const),
  ...(['TimedOut', 'Cancelled', 'Skipped', 'Error'] as const),
];

const step = fc.record({
  outcome: fc.constantFrom(...KINDS),
  exitCode: fc.integer({ min: -1, max: 70_000 }),
});
const records: fc.Arbitrary<Over> = fc.record(
  {
    steps: fc
      .array(fc.tuple(fc.integer({ min: 1, max: 1024 }), step), { maxLength: 300 })
      .map((entries) => new Map(entries)),
    outcome: fc.constantFrom('Successful' as const, 'Failure' as const, 'Cancelled' as const),
  },
  { requiredKeys: ['steps'] },
);

describe('what is said of steps that post no outcome', () => {
  it('is read as it was written', () => {
    fc.assert(
      fc.property(records, (over) => {
        expect(parseOver(encodeOver(over))).toEqual(over);
      }),
    );
  });

  it('is in the form that the annotation has', () => {
    expect(
      encodeOver({ steps: new Map([[3, { outcome: 'Failed', exitCode: 137 }]]), outcome: 'Failure' }),
    ).toBe('{"steps":{"3":{"outcome":"Failed","exitCode":137}},"outcome":"Failure"}');
  });

  it.each([
    ['nothing, where there is no annotation', '', NOTHING_OVER],
    ['nothing, in an editor’s file', '\n', NOTHING_OVER],
    ['only the Task’s outcome', '{"outcome":"Failure"}', { steps: new Map(), outcome: 'Failure' }],
    ['what a later version adds is let be', '{"steps":{},"since":1}', NOTHING_OVER],
    [
      'what a later version adds to a step, too',
      '{"steps":{"1":{"outcome":"Failed","exitCode":1,"why":""}}}',
      { steps: new Map([[1, { outcome: 'Failed', exitCode: 1 }]]) },
    ],
  ])('says %s', (_, text, over) => expect(parseOver(text)).toEqual(over));

  it.each([
    ['no JSON', '{"steps":', 'it is not JSON'],
    ['no object', '[]', 'it is no JSON object'],
    ['null', 'null', 'it is no JSON object'],
    ['a list of steps', '{"steps":[]}', 'its steps is no JSON object'],
    ['a step 0', '{"steps":{"0":{"outcome":"Failed","exitCode":1}}}', 'is no number of a step'],
    ['a step by its name', '{"steps":{"a":{"outcome":"Failed","exitCode":1}}}', 'is no number of a step'],
    ['a step __proto__', '{"steps":{"__proto__":{"outcome":"Failed","exitCode":1}}}', 'is no number'],
    [
      'an outcome that is none',
      '{"steps":{"1":{"outcome":"toString","exitCode":1}}}',
      'of step 1 is no outcome',
    ],
    ['no exit code', '{"steps":{"1":{"outcome":"Failed"}}}', 'the exitCode of step 1 is no exit code'],
    ['half an exit code', '{"steps":{"1":{"outcome":"Failed","exitCode":0.5}}}', 'is no exit code'],
    ['a Task’s outcome that is none', '{"outcome":"Running"}', 'none of Successful, Failure, Cancelled'],
    ['too much', `{"steps":{}}${' '.repeat(65_536)}`, 'it is longer than 65536 characters'],
    ['depth without end', '['.repeat(60_000), 'it is not JSON'],
  ])('is no record: %s', (_, text, message) => {
    expect(() => parseOver(text)).toThrow(OverError);
    expect(() => parseOver(text)).toThrow(message);
  });

  it('is never anything but a record or an OverError, whatever somebody writes there', () => {
    const near = fc
      .record(
        {
          steps: fc.dictionary(
            fc.constantFrom('1', '2', '-1', 'x', '__proto__'),
            fc.oneof(step, fc.jsonValue()),
          ),
          outcome: fc.oneof(fc.constantFrom('Failure', 'Cancelled'), fc.jsonValue()),
        },
        { requiredKeys: [] },
      )
      .map((value) => JSON.stringify(value));
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json(), near), (text) => {
        try {
          const { steps, outcome } = parseOver(text);
          for (const [number, { outcome: kind }] of steps) {
            expect(number).toBeGreaterThan(0);
            expect(KINDS).toContain(kind);
          }
          expect([undefined, 'Successful', 'Failure', 'Cancelled']).toContain(outcome);
        } catch (error) {
          expect(error).toBeInstanceOf(OverError);
        }
      }),
    );
  });

  it('stands for the outcome that was not posted', () => {
    const outcome = outcomeOver(3, { outcome: 'Failed', exitCode: 137 });
    expect(parseOutcome(JSON.stringify(outcome))).toEqual(outcome);
    expect(outcome).toMatchObject({ number: 3, outcome: 'Failed', exitCode: 137 });
    expect(outcome.message).toContain('137');
  });
});

describe('what becomes of a Task', () => {
  it.each<[string, OutcomeKind[], number, string]>([
    ['nothing stopped it', ['Succeeded', 'Continued', 'Omitted'], 0, 'Successful'],
    ['a cancel came when all was over', ['Succeeded'], QUIT, 'Successful'],
    ['a step failed', ['Succeeded', 'Failed', 'Skipped'], 0, 'Failure'],
    ['a step timed out', ['TimedOut', 'Skipped'], 0, 'Failure'],
    ['an agent failed', ['Error'], 0, 'Failure'],
    ['it was cancelled', ['Succeeded', 'Cancelled', 'Cancelled'], QUIT, 'Cancelled'],
    ['it was cancelled, and some skipped', ['Cancelled', 'Skipped'], QUIT, 'Cancelled'],
    ['a failure stopped the other branches', ['Failed', 'Cancelled', 'Skipped'], QUIT, 'Failure'],
    ['its pod was told to go', ['Cancelled', 'Skipped'], 2, 'Failure'],
  ])('%s', (_, ended, order, outcome) => {
    expect(
      taskOutcome(
        ended.map((kind) => ({ outcome: kind })),
        order,
      ),
    ).toBe(outcome);
  });
});
