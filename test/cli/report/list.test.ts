import { stripVTControlCharacters } from 'node:util';
import { describe, expect, it } from 'vitest';
import { listOf, type Row } from '../../../cli/run/report/list.ts';

const row = (name: string, state: Row['state'], rest: Partial<Row> = {}): Row => ({
  name,
  state,
  ran: state !== 'Waiting' && state !== 'Skipped',
  begun: 0,
  took: undefined,
  exitCode: undefined,
  last: '',
  ...rest,
});
const shown = (rows: readonly Row[], columns = 80, height = 24): string[] =>
  listOf(rows, 1000, { columns, rows: height }).map(stripVTControlCharacters);
/** Sixty steps: those before `at` succeeded, that one is in this state, the others in that. */
const sixty = (at: number, state: Row['state'], others: Row['state']): Row[] =>
  Array.from({ length: 60 }, (_, i) =>
    row(`s${i + 1}`, i + 1 < at ? 'Succeeded' : i + 1 === at ? state : others),
  );

describe('the list', () => {
  it.each([
    ['waits', row('a', 'Waiting'), '· a Waiting'],
    ['runs', row('a', 'Running', { last: '50%' }), '▶ a Running   1.0s 50%'],
    ['succeeded', row('a', 'Succeeded', { took: 5, exitCode: 0 }), '✔ a Succeeded 5ms'],
    ['may fail, and did', row('a', 'Continued', { took: 5, exitCode: 3 }), '✔ a Continued 5ms exit 3'],
    ['failed', row('a', 'Failed', { took: 5, exitCode: 3 }), '✖ a Failed    5ms exit 3'],
    ['timed out', row('a', 'TimedOut', { took: 5, exitCode: 124 }), '✖ a TimedOut  5ms exit 124'],
    ['was stopped', row('a', 'Cancelled', { took: 5, exitCode: 143 }), '✖ a Cancelled 5ms exit 143'],
    [
      'was cancelled before it began: nothing is wrong with it',
      row('a', 'Cancelled', { ran: false, exitCode: 122 }),
      '– a Cancelled',
    ],
    ['was skipped', row('a', 'Skipped', { exitCode: 121 }), '– a Skipped'],
    ['could not be started', row('a', 'Error', { ran: false, exitCode: 125 }), '✖ a Error     exit 125'],
  ])('shows a step that %s', (_, one, line) => {
    expect(shown([one])).toEqual([line]);
  });

  it('shows all that run at once, however far from each other, and counts the others', () => {
    const rows = sixty(3, 'Running', 'Waiting').map((each, i) => (i === 50 ? row('s51', 'Running') : each));
    expect(shown(rows, 80, 20)).toEqual([
      '▶ s3  Running   1.0s',
      '▶ s51 Running   1.0s',
      '… 58 more: 2 Succeeded, 56 Waiting',
    ]);
  });

  it('shows the steps around the running one where there is no room for all, and counts the others', () => {
    const lines = shown(sixty(30, 'Running', 'Waiting'), 80, 20);
    expect(lines).toHaveLength(16);
    expect(lines[0]).toBe('… 22 more: 22 Succeeded');
    expect(lines).toContain('▶ s30 Running   1.0s');
    expect(lines.at(-1)).toBe('… 24 more: 24 Waiting');
  });

  it('shows, once it is over, the step that failed and not those that were skipped', () => {
    const lines = shown(sixty(5, 'Failed', 'Skipped'), 80, 20);
    expect(lines).toContain('✖ s5  Failed');
    expect(lines.at(-1)).toBe('… 46 more: 46 Skipped');
    expect(shown(sixty(60, 'Failed', 'Skipped'), 80, 20).at(-1)).toBe('✖ s60 Failed');
  });

  it('shows the last steps once all succeeded', () => {
    const lines = shown(sixty(61, 'Failed', 'Skipped'), 80, 20);
    expect(lines[0]).toBe('… 46 more: 46 Succeeded');
    expect(lines.at(-1)).toBe('✔ s60 Succeeded');
  });

  it('never fills a row: the terminal would wrap it', () => {
    const lines = shown([row('a-long-name', 'Running', { last: '日本語'.repeat(50) })], 40);
    expect(lines).toEqual(['▶ a-long-name Running   1.0s 日本語日…']);
    expect(shown(sixty(30, 'Running', 'Waiting'), 8, 5).every((line) => line.length < 8)).toBe(true);
  });

  it('cannot be disturbed by what a step prints', () => {
    expect(shown([row('a', 'Running', { last: '\u001B[2Jx\u0007\u001B[3Ay\n' })])).toEqual([
      '▶ a Running   1.0s xy',
    ]);
  });
});
