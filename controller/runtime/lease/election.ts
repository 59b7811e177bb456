/**
 * When a Lease may be taken. Pure: nothing here compares the clocks of two machines. Whoever waits counts from when it
 * saw the last change itself, which is after the holder asked for it; the holder stops before that time is over,
 * counted from when it asked.
 */
import type { LeaseRecord } from './record.ts';

export interface Observed {
  /** `undefined`: there is no Lease. */
  record: LeaseRecord | undefined;
  /** When it may be taken, on the monotonic clock of who looks, ms. */
  freeAt: number;
}

export type Move =
  | { kind: 'create' }
  | { kind: 'take'; record: LeaseRecord }
  /** Unless something changes before. */
  | { kind: 'wait'; ms: number };

/**
 * What is known of the Lease after one more look.
 *
 * @param now - on the monotonic clock, ms, read *after* the answer came: what was seen is at least as old
 */
export function observe(
  before: Observed | undefined,
  record: LeaseRecord | undefined,
  { identity, leaseDuration, now }: { identity: string; leaseDuration: number; now: number },
): Observed {
  // Somebody deleted it, and its holder may not know yet: as far as is known here, that ends with its time.
  if (record === undefined) return { record, freeAt: before?.freeAt ?? now };
  // What is one's own without being known to be: a request did its work, and its answer was lost.
  if (record.holder === '' || record.holder === identity) return { record, freeAt: now };
  if (before?.record?.version === record.version) return before;
  // Two releases that differ in their settings respect the longer time.
  return { record, freeAt: now + Math.max(leaseDuration, record.duration) };
}

/** @param now - on the monotonic clock, ms */
export function nextMove({ record, freeAt }: Observed, now: number): Move {
  if (now < freeAt) return { kind: 'wait', ms: freeAt - now };
  return record === undefined ? { kind: 'create' } : { kind: 'take', record };
}
