/** Everything that can be made to go wrong, while the server runs. See `fronts.ts` for what a network does. */
import { type Call } from './http/call.ts';
import { StatusError } from './status.ts';
import { type Store } from './store.ts';
import { type Watch } from './watch.ts';

export type Which = (call: Call) => boolean;

interface Planned {
  left: number;
  which: Which;
}

interface Failure extends Planned {
  code: 403 | 409 | 429 | 500 | 503 | 504;
  retryAfter: number | undefined;
}

const REASONS: Readonly<Record<number, string>> = {
  403: 'Forbidden',
  409: 'Conflict',
  429: 'TooManyRequests',
  500: 'InternalError',
  503: 'ServiceUnavailable',
  504: 'Timeout',
};

const EVERY: Which = () => true;

export class Faults {
  /** ms before a request is looked at. */
  delay = 0;
  /** How often a watch sends every event; 2: every one comes twice. */
  repeatEvents = 1;
  /** New watches send nothing at all, and stay open. */
  stallNewWatches = false;
  readonly #store: Store;
  readonly #watches: Set<Watch>;
  #failures: Failure[] = [];
  #lost: Planned[] = [];
  #oldestToken = 0;

  /** @internal by the server */
  constructor(store: Store, watches: Set<Watch>) {
    this.#store = store;
    this.#watches = watches;
  }

  /** Ends the connections of all watches with a TCP reset; returns how many there were. */
  resetWatches(): number {
    return this.#each((watch) => watch.response.socket?.resetAndDestroy());
  }

  /** Ends all watches as the server does when their time is over; returns how many there were. */
  endWatches(): number {
    return this.#each((watch) => watch.end());
  }

  /** From now on nothing is sent to the watches that are open, though their connections stay (half-open). */
  stallWatches(): number {
    return this.#each((watch) => watch.stop());
  }

  /** Ends all watches with an ERROR event, by default that of a history that is gone. */
  failWatches(error = new StatusError(410, 'Expired', 'too old resource version')): number {
    return this.#each((watch) => watch.fail(error.status));
  }

  /**
   * The next requests get an error, and nothing is done.
   *
   * @param options - `retryAfter`: seconds, for the header; `which`: by default all
   */
  failNext(count: number, code: Failure['code'], options: { which?: Which; retryAfter?: number } = {}): void {
    const { which = EVERY, retryAfter } = options;
    this.#failures.push({ left: count, which, code, retryAfter });
  }

  /** Of the next requests what they ask for is done, but instead of the answer comes a TCP reset. */
  loseAnswers(count: number, which: Which = EVERY): void {
    this.#lost.push({ left: count, which });
  }

  /** Takes back what was planned and switched on; what happened has happened. */
  clear(): void {
    this.#failures = [];
    this.#lost = [];
    this.delay = 0;
    this.repeatEvents = 1;
    this.stallNewWatches = false;
  }

  /** Forgets what happened: a watch from any version before now gets 410. */
  expireHistory(): void {
    for (const [, shelf] of this.#store.shelves()) {
      shelf.forget(0);
      shelf.forgotten = this.#store.version + 1;
    }
    // A version that nobody has heard of, so that not even the last one is known.
    this.#store.skip();
  }

  /** All continue tokens that were given out get 410. */
  expireContinueTokens(): void {
    this.#store.skip();
    this.#oldestToken = this.#store.version;
  }

  /** @internal continue tokens before this version are expired */
  get oldestToken(): number {
    return this.#oldestToken;
  }

  /** @internal @throws {StatusError} */
  check(call: Call): void {
    const failure = take(this.#failures, call);
    if (failure === undefined) return;
    const { code, retryAfter } = failure;
    const details = retryAfter === undefined ? undefined : { retryAfterSeconds: retryAfter };
    throw new StatusError(code, REASONS[code], `asked to fail by the test: ${code}`, details);
  }

  /** @internal */
  losesAnswer(call: Call): boolean {
    return take(this.#lost, call) !== undefined;
  }

  #each(act: (watch: Watch) => void): number {
    const watches = [...this.#watches];
    for (const watch of watches) act(watch);
    return watches.length;
  }
}

function take<T extends Planned>(planned: T[], call: Call): T | undefined {
  const found = planned.find(({ left, which }) => left > 0 && which(call));
  if (found !== undefined) found.left--;
  return found;
}
