import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { complete } from '../../../shared/turn/ending.ts';
import { readCutOutcome } from '../../../shared/turn/cut-outcome.ts';
import { encodeOutcome, parseOutcome, type Outcome, type OutcomeKind } from '../../../shared/turn/outcome.ts';

const KINDS: readonly OutcomeKind[] = [
  ...(['Succeeded', 'Continued', 'Omitted', 'Failed', 'TimedOut'] as const),
  ...(['Cancelled', 'Skipped', 'Error'] as const),
];

const text = fc.string({ unit: 'binary', maxLength: 40 });
const outcomes: fc.Arbitrary<Outcome> = fc
  .record(
    {
      outcome: fc.constantFrom(...KINDS),
      exitCode: fc.integer({ min: 0, max: 255 }),
      signal: fc.constantFrom('SIGTERM', 'SIGKILL'),
      attempts: fc.nat(100),
      reason: fc.constantFrom('Error', 'Completed'),
      message: text,
      results: fc.dictionary(fc.stringMatching(/^[a-z]{1,8}$/), text, { maxKeys: 3 }),
      resultSizes: fc.dictionary(fc.stringMatching(/^[a-z]{1,8}$/), fc.nat(), { maxKeys: 3 }),
      step: fc.constantFrom('build', ''),
      number: fc.integer({ min: 0, max: 256 }),
    },
    { requiredKeys: ['outcome', 'exitCode', 'attempts', 'reason', 'message', 'step', 'number'] },
  )
  .map(({ step, number, results, resultSizes, ...ending }) => ({
    ...complete(ending, { step, number }, 1_800_000_000_000, 1_700_000_000_000),
    ...(results !== undefined && { results }),
    ...(resultSizes !== undefined && { resultSizes }),
  }));

/** As the kubelet cuts it: at a byte, which may be in the middle of a character. */
const cut = (whole: string, bytes: number): string => Buffer.from(whole).subarray(0, bytes).toString();

describe('the beginning of an outcome', () => {
  it('says nothing that the whole does not say', () => {
    fc.assert(
      fc.property(outcomes, fc.nat(1000), (outcome, bytes) => {
        const whole = encodeOutcome(outcome);
        const read = readCutOutcome(cut(whole, bytes));
        if (read !== undefined) expect(parseOutcome(whole)).toMatchObject(read);
      }),
      { numRuns: 2000 },
    );
  });

  it('is the whole when nothing was cut', () => {
    fc.assert(
      fc.property(outcomes, (outcome) => {
        expect(readCutOutcome(`${encodeOutcome(outcome)}\n`)).toEqual(outcome);
      }),
    );
  });

  it('has the outcome of every step of the largest Task: 47 bytes of 257 containers', () => {
    fc.assert(
      fc.property(outcomes, (outcome) => {
        expect(readCutOutcome(cut(encodeOutcome(outcome), Math.floor(12_288 / 257)))?.outcome).toBe(
          outcome.outcome,
        );
      }),
    );
  });

  it.each([
    ['{"version":1,"outcome":"Succeeded","exitCode":0', { version: 1, outcome: 'Succeeded', exitCode: 0 }],
    ['{"version":1,"outcome":"Failed","exitCode":137', { version: 1, outcome: 'Failed', exitCode: 137 }],
    ['{"version":1,"outcome":"Failed","exitCode":13', { version: 1, outcome: 'Failed' }],
    ['{"version":1,"outcome":"Failed","exitCode":13,"re', { version: 1, outcome: 'Failed', exitCode: 13 }],
    ['{"version":1,"outcome":"Fai', undefined],
    ['{"version":2,"outcome":"Failed","exitCode":1,', undefined],
    ['{"version":1,"outcome":"toString","exitCode":1,', undefined],
    ['{"version":1,"outcome":"Failed","exitCode":"1",', undefined],
    ['panic: out of memory, {"a', undefined],
    ['[1,2', undefined],
    ['', undefined],
  ])('%j says %j', (beginning, said) => expect(readCutOutcome(beginning)).toEqual(said));

  it('is read whatever it is', () => {
    fc.assert(fc.property(fc.oneof(fc.string(), fc.json()), (any) => void readCutOutcome(any)));
  });
});
