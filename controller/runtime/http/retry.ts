/** When a request that failed is made again. Pure. */
import { ApiError } from '../errors.ts';
import { StaleConnectionError, type Ask } from './transport.ts';

/** At most this many tries of one request. */
const TRIES = 4;
/** The first delay, ms, where the server names none; doubled for each further one. */
const FIRST_DELAY = 200;
/** A server that asks for more than this is not waited for here, but by the caller. */
const LONGEST_DELAY = 5_000;

/**
 * Milliseconds until the next try, or `undefined` when there is to be none. A write is only repeated after a 429, by
 * which the server says that it has done nothing.
 *
 * @param tried - how often it was tried, from 1
 * @param random - from 0 to 1: many that failed together do not come back together
 */
export function retryDelay(
  tried: number,
  error: unknown,
  { method, random }: { method: Ask['method']; random: number },
): number | undefined {
  if (tried >= TRIES) return undefined;
  const reads = method === 'GET';
  if (error instanceof StaleConnectionError) return reads ? 0 : undefined;
  if (!(error instanceof ApiError)) return undefined;
  if (error.status !== 429 && !(reads && error.status === 503)) return undefined;
  const jittered = FIRST_DELAY * 2 ** (tried - 1) * (0.5 + random / 2);
  const delay = Math.max(error.retryAfter ?? 0, jittered);
  return delay > LONGEST_DELAY ? undefined : delay;
}
