import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { resultSchema, resultsOf } from '../../../shared/task/results.ts';

describe('the results in a status', () => {
  it('are named, those that do not fit with their size', () => {
    expect(resultsOf({ results: { b: 'text', a: '' }, resultSizes: { log: 9000 } })).toEqual([
      { name: 'a', value: '' },
      { name: 'b', value: 'text' },
      { name: 'log', size: 9000 },
    ]);
  });

  it('are none where none was left', () => expect(resultsOf({})).toEqual([]));

  it('are what a cluster takes, whatever a step writes', () => {
    const name = fc.oneof(fc.string(), fc.constantFrom('a', '__proto__', 'x'.repeat(63), 'x'.repeat(64)));
    fc.assert(
      fc.property(
        fc.dictionary(name, fc.string()),
        fc.dictionary(name, fc.maxSafeNat()),
        (results, resultSizes) => {
          for (const each of resultsOf({ results, resultSizes })) resultSchema.parse(each);
        },
      ),
    );
  });
});
