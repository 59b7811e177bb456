/**
 * The one decision of taskflow: may this step start now? Pure, and used by both agents, the local runner and the
 * controller's tests.
 */
import { next, type Outcome } from './outcome.ts';

/** The order that lets no further step start, and stops the one that runs. */
export const QUIT = -1;

/** All that a step must know of how another one ended. */
type Ended = Pick<Outcome, 'outcome'>;

/** What a step can see of the world at one moment. */
export interface Seen<E extends Ended = Outcome> {
  /** Every step whose number is at most this is released. `undefined`: not known (yet). */
  order: number | undefined;
  /** The first step that must wait for the order; hand-off starts only those before it. `undefined`: no gate. */
  gate: number | undefined;
  /**
   * How each predecessor ended; `undefined` for one that is not over, or is not known to be. An empty list: nothing comes
   * before this step. No list: nobody said what comes before it, so the order alone starts it.
   */
  predecessors: readonly (E | undefined)[] | undefined;
  /** Whether the step runs however the others ended, and also when they were cancelled: one of `finally`. */
  always?: boolean;
}

export type Turn<E extends Ended = Outcome> =
  | { kind: 'wait' }
  | { kind: 'run' }
  /** The chain stopped before this step: pass that on. */
  | { kind: 'skip'; because: E }
  /** The order is the quit value. */
  | { kind: 'cancelled' };

/**
 * What step number `step` (from 1) does with what it sees. Total: it throws nothing.
 *
 * An unknown order holds the step even when its predecessor says go: it might be the quit value. A step that runs always
 * waits until every predecessor is over, whatever the order: it is told how they ended.
 *
 * @example turn(1, { order: 0, gate: undefined, predecessors: [] }) // { kind: 'run' }, as nothing comes before it
 * @example turn(2, { order: 0, gate: undefined, predecessors: [succeeded] }) // { kind: 'run' }, by hand-off
 * @example turn(2, { order: 0, gate: 2, predecessors: [succeeded] }) // { kind: 'wait' }, for order 2
 * @example turn(2, { order: QUIT, gate: undefined, predecessors: [failed], always: true }) // { kind: 'run' }
 */
export function turn<E extends Ended = Outcome>(step: number, seen: Seen<E>): Turn<E> {
  const { order, gate = Infinity, predecessors, always = false } = seen;
  if (order === undefined) return { kind: 'wait' };
  const allOver = predecessors?.every((outcome) => outcome !== undefined) ?? false;
  if (always) {
    const released = step < gate || order === QUIT || order >= step;
    return allOver && released ? { kind: 'run' } : { kind: 'wait' };
  }
  if (order === QUIT) return { kind: 'cancelled' };
  if (order >= step) return { kind: 'run' };

  const stopped = predecessors?.find((outcome) => outcome !== undefined && next(outcome) === 'stop');
  if (stopped) return { kind: 'skip', because: stopped };
  return allOver && step < gate ? { kind: 'run' } : { kind: 'wait' };
}

/**
 * The integer that an order or gate file holds, or `undefined`. White space around it is nothing: editors and
 * `echo` end their files with a newline.
 *
 * @example parseInteger('3\n') // 3
 * @example parseInteger('three') // undefined
 */
export function parseInteger(text: string): number | undefined {
  const trimmed = text.trim();
  if (!/^[+-]?\d+$/.test(trimmed)) return undefined;
  const value = Number(trimmed);
  return Number.isSafeInteger(value) ? value : undefined;
}
