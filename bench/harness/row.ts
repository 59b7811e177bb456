/** What a benchmark gives back: one row for each thing it measured. Less is better, always. */
import { median } from './statistics.ts';

export type Unit = 'ms' | 'bytes' | 'a second' | 'count';

export interface Measured {
  /** The thing measured, in words. */
  what: string;
  unit: Unit;
  samples: readonly number[];
  /** What it is held against: measured in the same run, in the same unit. */
  than?: Compared;
  budgets?: readonly Budget[];
}

export interface Compared {
  what: string;
  samples: readonly number[];
}

/** The most that the median, in the row's unit, or its ratio to the median compared with may be. */
export interface Budget {
  of: 'median' | 'ratio';
  atMost: number;
}

/** A row that could not be measured here, and what would change that. */
export interface Skipped {
  what: string;
  skipped: string;
}

export type Row = Measured | Skipped;

/** How many times the median of what it is compared with; `undefined` where that is nothing, or 0. */
export function ratio({ samples, than }: Measured): number | undefined {
  const other = than === undefined ? 0 : median(than.samples);
  return other === 0 ? undefined : median(samples) / other;
}

/** Whether a budget is met; a ratio to nothing meets none. */
export function isMet(row: Measured, { of, atMost }: Budget): boolean {
  const value = of === 'median' ? median(row.samples) : ratio(row);
  return value !== undefined && value <= atMost;
}
