import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  encodeOutcome,
  MAX_OUTCOME_BYTES,
  OutcomeError,
  parseOutcome,
  type Outcome,
} from '../../../shared/turn/outcome.ts';

const OUTCOME: Outcome = {
  version: 1,
  step: 'build',
  number: 2,
  outcome: 'Failed',
  exitCode: 143,
  signal: 'SIGTERM',
  startedAt: '2026-01-01T00:00:00.000Z',
  finishedAt: '2026-01-01T00:00:01.500Z',
  attempts: 1,
  reason: 'Signaled',
  message: 'ended by SIGTERM',
};

describe('an outcome', () => {
  it('is read as it was written, whatever its message, unless that had to be cut', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 6000 }), (message) => {
        const text = encodeOutcome({ ...OUTCOME, message });
        expect(Buffer.byteLength(text)).toBeLessThanOrEqual(MAX_OUTCOME_BYTES);
        const read = parseOutcome(text);
        if (read.message === message) return;
        expect(read.message.endsWith('…')).toBe(true);
        expect(message.startsWith(read.message.slice(0, -1))).toBe(true);
        // Cut as late as possible: one more character would not have fitted, and none takes over 12 bytes.
        expect(Buffer.byteLength(text)).toBeGreaterThan(MAX_OUTCOME_BYTES - 12);
      }),
    );
  });

  it('keeps fields that this version does not know out', () => {
    expect(parseOutcome(JSON.stringify({ ...OUTCOME, later: true }))).toEqual(OUTCOME);
  });

  it('that cannot fit even without its message is refused, with the sizes', () => {
    expect(() => encodeOutcome({ ...OUTCOME, step: 'x'.repeat(5000) })).toThrow(
      new OutcomeError('the outcome has 5212 bytes without its message, at most 4096 fit'),
    );
  });

  it.each([
    ['', 'it is not JSON'],
    ['{"version":1,', 'it is not JSON'],
    ['null', 'it is not a JSON object'],
    ['{}', 'its version is undefined, this agent reads 1'],
    [JSON.stringify({ ...OUTCOME, version: 2 }), 'its version is 2, this agent reads 1'],
    [
      JSON.stringify({ ...OUTCOME, outcome: 'toString' }),
      'its outcome is "toString", expected one of Succeeded, ',
    ],
    [JSON.stringify({ ...OUTCOME, exitCode: '0' }), 'its exitCode is no integer'],
    [JSON.stringify({ ...OUTCOME, message: null }), 'its message is no string'],
  ])('is not %j', (text, message) => {
    expect(() => parseOutcome(text)).toThrow(OutcomeError);
    expect(() => parseOutcome(text)).toThrow(message);
  });

  it('is never anything but an outcome or an OutcomeError', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.json(),
          fc.jsonValue().map((value) => JSON.stringify(value)),
        ),
        (text) => {
          try {
            parseOutcome(text);
          } catch (error) {
            expect(error).toBeInstanceOf(OutcomeError);
          }
        },
      ),
    );
  });
});
