/** When a request that failed is made again. Pure. */

/** At most this many tries of one request. */
const TRIES = 3;
/** The first delay, ms; doubled for each further one. */
const FIRST_DELAY = 200;
/** A registry that asks for more than this is not waited for. */
const LONGEST_DELAY = 5_000;

/** What came of a try. */
export interface Failure {
  /** The status of the answer; `undefined` when there was none. */
  status: number | undefined;
  /** What the registry asked for in `Retry-After`, ms. */
  retryAfter: number | undefined;
  /** Whether the connection broke, so that the next may hold: not a wrong name or certificate, nor a deadline. */
  broken: boolean;
}

/**
 * Milliseconds until the next try, or `undefined` when there is to be none.
 *
 * @param tried - how often it was tried, from 1
 * @param left - milliseconds until the deadline
 * @param random - from 0 to 1: many that failed together do not come back together
 * @example retryDelay(1, { status: 503, retryAfter: undefined, broken: false }, { left: 9000, random: 0.5 }) // 150
 */
export function retryDelay(
  tried: number,
  { status, retryAfter, broken }: Failure,
  { left, random }: { left: number; random: number },
): number | undefined {
  const passing = broken || status === 429 || (status !== undefined && status >= 500 && status !== 501);
  if (!passing || tried >= TRIES) return undefined;
  const jittered = FIRST_DELAY * 2 ** (tried - 1) * (0.5 + random / 2);
  const delay = Math.max(retryAfter ?? 0, jittered);
  return delay > LONGEST_DELAY || delay >= left ? undefined : delay;
}

/**
 * `Retry-After` in milliseconds from now: a number of seconds, or a date. `undefined` where it is neither.
 *
 * @see https://www.rfc-editor.org/rfc/rfc9110#field.retry-after
 * @example parseRetryAfter('120', 0) // 120000
 */
export function parseRetryAfter(text: string | null | undefined, now: number): number | undefined {
  if (text === null || text === undefined) return undefined;
  if (/^\d{1,9}$/.test(text.trim())) return Number(text) * 1000;
  const at = Date.parse(text);
  return Number.isNaN(at) ? undefined : Math.max(0, at - now);
}
