import { expect, it } from 'vitest';
import { readJournal } from '../../scripts/chaos/journal.ts';

it('says of each step when it began, when it last lived, and how it ended', () => {
  const text =
    'begin a 1.50 \nalive a 1.70 \nend a 1.90 0\nbegin b 2.00 a\nalive b 2.20 \nend b 2.30 42\nbegin c 2.50 \n';
  const a = { at: 101_900, code: 0 };
  const b = { at: 102_300, code: 42 };
  expect([...readJournal(text, 100_000)]).toEqual([
    ['a', { begins: [101_500], took: [''], ends: [a], last: 101_900, end: a }],
    ['b', { begins: [102_000], took: ['a'], ends: [b], last: 102_300, end: b }],
    ['c', { begins: [102_500], took: [''], ends: [], last: 102_500 }],
  ]);
});

it('says that a step began twice, and that its last time has no end', () => {
  const entry = readJournal('begin a 1.00 \nend a 1.50 9\nbegin a 2.00 \n', 0).get('a');
  expect(entry).toEqual({
    begins: [1_000, 2_000],
    took: ['', ''],
    ends: [{ at: 1_500, code: 9 }],
    last: 2_000,
  });
});

it.each(['begin a', 'start a 1.00 ', 'end a 1.00 zero'])('refuses what no step wrote: %s', (line) => {
  expect(() => readJournal(`${line}\n`, 0)).toThrow('no line of a journal');
});
