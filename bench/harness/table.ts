/** Rows as a plain-text table. */
import { isMet, ratio, type Budget, type Measured, type Row, type Unit } from './row.ts';
import { median, p90 } from './statistics.ts';

const HEAD = ['WHAT', 'MEDIAN', 'P90', 'COMPARED WITH', 'ITS MEDIAN', 'RATIO', 'BUDGET'];
/** The columns of numbers, which end at the right. */
const NUMBERS: readonly number[] = [1, 2, 4, 5];

/**
 * The table, with a line at its end. A row that was skipped says so, and why, on a line of its own below it.
 *
 * @example formatTable([{ what: 'size', unit: 'bytes', samples: [538_696] }])
 */
export function formatTable(rows: readonly Row[]): string {
  const measured = rows.filter((row): row is Measured => !('skipped' in row));
  const lines = [HEAD, ...measured.map(cells)];
  const widths = HEAD.map((_, column) => Math.max(...lines.map((line) => line[column]?.length ?? 0)));
  const table = lines.map((line) =>
    line
      .map((cell, column) =>
        NUMBERS.includes(column) ? cell.padStart(widths[column] ?? 0) : cell.padEnd(widths[column] ?? 0),
      )
      .join('  ')
      .trimEnd(),
  );
  const skipped = rows.flatMap((row) => ('skipped' in row ? [`SKIPPED ${row.what}: ${row.skipped}`] : []));
  return `${[...table, ...skipped].join('\n')}\n`;
}

/**
 * A value in its unit, with as many digits as say something.
 *
 * @example format(1.2345, 'ms') // '1.23 ms'
 * @example format(538_696, 'bytes') // '538,696 B'
 */
export function format(value: number, unit: Unit): string {
  switch (unit) {
    case 'ms':
      return `${digits(value)} ms`;
    case 'a second':
      return `${digits(value)} /s`;
    case 'bytes':
      return `${Math.round(value).toLocaleString('en-US')} B`;
    case 'count':
      return Number.isInteger(value) ? String(value) : digits(value);
  }
}

function cells(row: Measured): string[] {
  const times = ratio(row);
  return [
    row.what,
    format(median(row.samples), row.unit),
    format(p90(row.samples), row.unit),
    row.than?.what ?? '',
    row.than === undefined ? '' : format(median(row.than.samples), row.unit),
    times === undefined ? '' : digits(times),
    (row.budgets ?? []).map((budget) => verdict(row, budget)).join(', '),
  ];
}

function verdict(row: Measured, budget: Budget): string {
  const limit =
    budget.of === 'ratio' ? `${budget.atMost} ×` : format(budget.atMost, row.unit).replace('.00', '');
  return `≤ ${limit} ${isMet(row, budget) ? 'ok' : 'MISSED'}`;
}

function digits(value: number): string {
  if (value !== 0 && Math.abs(value) < 0.1) return value.toPrecision(2);
  return value.toFixed(value < 10 ? 2 : value < 100 ? 1 : 0);
}
