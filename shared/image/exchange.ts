/** A whole exchange: redirects followed, the body read within bounds, tried again where that may help. */
import { setTimeout as sleep } from 'node:timers/promises';
import { parseRetryAfter, retryDelay } from './retry.ts';
import { TransportError, transportError, type Answer, type Ask, type Transport } from './transport.ts';

/** One try, redirects included, must be over in this time, ms. */
const TRY_TIME = 8_000;
const MAX_REDIRECTS = 5;

export interface Whole {
  status: number;
  headers: Answer['headers'];
  body: Uint8Array;
  /** What the server asked for before the next request, ms. */
  retryAfter: number | undefined;
}

export interface Exchange {
  transport: Transport;
  /** The most bytes that are read. */
  limit: number;
  /** `performance.now()` at which it must be over. */
  deadline: number;
}

/** An answer that is larger than anything of its kind. */
export class TooLargeError extends Error {
  override name = 'TooLargeError';
}

/** A redirect that is not followed. */
export class RedirectError extends Error {
  override name = 'RedirectError';
}

/**
 * Asks until there is an answer that trying again would not change.
 *
 * @throws {TransportError} when there was none
 * @throws {TooLargeError} @throws {RedirectError}
 */
export async function exchange(ask: Ask, { transport, limit, deadline }: Exchange): Promise<Whole> {
  for (let tried = 1; ; tried++) {
    const left = deadline - performance.now();
    if (left <= 0) throw new TransportError('timeout', 'no whole answer in time');
    const signal = AbortSignal.any([ask.signal, AbortSignal.timeout(Math.ceil(Math.min(left, TRY_TIME)))]);
    let answer: Whole | undefined;
    let error: TransportError | undefined;
    try {
      answer = await follow({ ...ask, signal }, transport, limit);
    } catch (thrown) {
      ask.signal.throwIfAborted();
      if (thrown instanceof TooLargeError || thrown instanceof RedirectError) throw thrown;
      error = transportError(thrown);
    }
    const failure = {
      status: answer?.status,
      retryAfter: answer?.retryAfter,
      broken: error?.obstacle === 'connection',
    };
    const delay = retryDelay(tried, failure, { left: deadline - performance.now(), random: Math.random() });
    if (delay !== undefined) await sleep(delay, undefined, { signal: ask.signal });
    else if (answer !== undefined) return answer;
    else if (error !== undefined) throw error;
  }
}

/** Credentials stay with the host that they were for: a blob store on another one gets none. */
async function follow(ask: Ask, transport: Transport, limit: number): Promise<Whole> {
  let { url, headers } = ask;
  for (let hops = 0; ; hops++) {
    const answer = await transport({ ...ask, url, headers }).catch((error: unknown) => {
      const failed = transportError(error);
      if (url.host !== ask.url.host) failed.elsewhere = true;
      throw failed;
    });
    const location = answer.status >= 301 && answer.status <= 308 ? answer.headers.get('location') : null;
    if (location === null) {
      // What a HEAD says about its length is that of a body which does not come.
      const body = ask.method === 'HEAD' ? new Uint8Array() : await readBounded(answer, limit);
      const retryAfter = parseRetryAfter(answer.headers.get('retry-after'), Date.now());
      return { status: answer.status, headers: answer.headers, body, retryAfter };
    }
    await answer.body?.cancel();
    // Whoever posts a secret posts it to one place only.
    if (ask.method === 'POST') throw new RedirectError('the token service redirects what was posted to it');
    if (hops >= MAX_REDIRECTS) throw new RedirectError(`it redirects more than ${MAX_REDIRECTS} times`);
    const next = URL.canParse(location, url.href) ? new URL(location, url) : undefined;
    if (next === undefined || (next.protocol !== 'https:' && next.protocol !== 'http:')) {
      throw new RedirectError('it redirects to what is no web address');
    }
    if (url.protocol === 'https:' && next.protocol === 'http:') {
      throw new RedirectError(`it redirects from https to plain http on ${next.host}`);
    }
    if (next.origin !== url.origin) {
      const { authorization: _, ...others } = headers;
      headers = others;
    }
    url = next;
  }
}

/** Reads a body to its end, or until it is too large: then nothing more of it is taken in. */
async function readBounded({ headers, body }: Answer, limit: number): Promise<Uint8Array> {
  if (body === null) return new Uint8Array();
  const tooLarge = (): TooLargeError => new TooLargeError(`its answer has more than ${limit} bytes`);
  if (Number(headers.get('content-length') ?? 0) > limit) {
    await body.cancel();
    throw tooLarge();
  }
  const chunks: Uint8Array[] = [];
  let size = 0;
  // Leaving the loop cancels the body.
  for await (const chunk of body) {
    size += chunk.byteLength;
    if (size > limit) throw tooLarge();
    chunks.push(chunk);
  }
  return Buffer.concat(chunks, size);
}
