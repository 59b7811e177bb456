import { describe, expect, it } from 'vitest';
import { isMet, ratio, type Budget, type Measured } from '../../bench/harness/row.ts';
import { format, formatTable } from '../../bench/harness/table.ts';

const handOff: Measured = {
  what: 'hand-off',
  unit: 'ms',
  samples: [1, 2, 3],
  than: { what: 'a shell', samples: [4, 4] },
};

describe('a budget', () => {
  it.each([
    ['is met at the limit', { of: 'median', atMost: 2 }, true],
    ['is missed above it', { of: 'median', atMost: 1.9 }, false],
    ['of the ratio looks at the ratio', { of: 'ratio', atMost: 0.5 }, true],
    ['of the ratio can be missed', { of: 'ratio', atMost: 0.49 }, false],
  ] as const)('%s', (_, budget: Budget, met) => {
    expect(isMet(handOff, budget)).toBe(met);
  });

  it('of a ratio to nothing is missed', () => {
    const { than: _, ...alone } = handOff;
    expect(isMet(alone, { of: 'ratio', atMost: 100 })).toBe(false);
  });
});

it('has no ratio to a median of 0', () => {
  expect(ratio({ ...handOff, than: { what: 'nothing', samples: [0] } })).toBeUndefined();
});

describe('format', () => {
  it.each([
    [0, 'ms', '0.00 ms'],
    [0.01234, 'ms', '0.012 ms'],
    [1.2345, 'ms', '1.23 ms'],
    [12.345, 'ms', '12.3 ms'],
    [1234.5, 'ms', '1235 ms'],
    [0.2, 'a second', '0.20 /s'],
    [538_696, 'bytes', '538,696 B'],
  ] as const)('writes %d %s as %s', (value, unit, expected) => {
    expect(format(value, unit)).toBe(expected);
  });
});

describe('the table', () => {
  it('lines its columns up, numbers at the right', () => {
    const size: Measured = {
      what: 'size',
      unit: 'bytes',
      samples: [542_792],
      budgets: [{ of: 'median', atMost: 700_000 }],
    };
    const budgets: Budget[] = [
      { of: 'median', atMost: 5 },
      { of: 'ratio', atMost: 0.25 },
    ];
    expect(formatTable([{ ...handOff, budgets }, size])).toBe(
      [
        'WHAT         MEDIAN        P90  COMPARED WITH  ITS MEDIAN  RATIO  BUDGET',
        'hand-off    2.00 ms    2.80 ms  a shell           4.00 ms   0.50  ≤ 5 ms ok, ≤ 0.25 × MISSED',
        'size      542,792 B  542,792 B                                    ≤ 700,000 B ok',
        '',
      ].join('\n'),
    );
  });

  it('says at its end what was skipped, and why', () => {
    const skipped = { what: 'tini', skipped: 'it is not here; sudo apt-get install tini' };
    expect(formatTable([skipped, handOff]).trimEnd().split('\n').at(-1)).toBe(
      'SKIPPED tini: it is not here; sudo apt-get install tini',
    );
  });
});
