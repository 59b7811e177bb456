import { describe, expect, it } from 'vitest';
import { kilobytes } from '../../bench/harness/proc.ts';
import { median, p90, quantile, sum } from '../../bench/harness/statistics.ts';

describe('quantile', () => {
  it.each([
    ['of one sample is that sample', [7], 0.9, 7],
    ['0 is the least', [3, 1, 2], 0, 1],
    ['1 is the most', [3, 1, 2], 1, 3],
    ['lies between two samples by their distance', [10, 20], 0.25, 12.5],
    ['sorts by value, not by digits', [100, 9, 20], 0.5, 20],
  ])('%s', (_, samples, q, expected) => {
    expect(quantile(samples, q)).toBe(expected);
  });

  it('of nothing is refused', () => {
    expect(() => quantile([], 0.5)).toThrow(new RangeError('no samples'));
  });

  it('leaves the samples in their order', () => {
    const samples = [3, 1, 2];
    quantile(samples, 0.5);
    expect(samples).toEqual([3, 1, 2]);
  });
});

it('the median of an even number is the middle of the middle two', () => {
  expect(median([4, 1, 3, 2])).toBe(2.5);
});

it('nine of ten samples are at most the p90', () => {
  const samples = Array.from({ length: 101 }, (_, i) => i);
  expect(p90(samples)).toBe(90);
});

it('the sum of nothing is 0', () => {
  expect(sum([])).toBe(0);
});

describe('kilobytes', () => {
  it.each([
    ['Rss', 925_696],
    ['Pss', 409_600],
  ])('reads %s, and not what merely ends or begins like it', (name, bytes) => {
    const text =
      '00400000-7fff r--p [rollup]\nRss:      904 kB\nPss:      400 kB\nPss_Dirty:  376 kB\nSwapPss: 1 kB\n';
    expect(kilobytes(text, name)).toBe(bytes);
  });

  it('says what is missing', () => {
    expect(() => kilobytes('', 'Rss')).toThrow('/proc tells no Rss');
  });
});
