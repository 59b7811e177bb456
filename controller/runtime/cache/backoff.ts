/** How long to wait after a failure: longer each time. */

/** A server that asks for more than this is asked again nevertheless, ms. */
const LONGEST_ASKED = 120_000;

/** Exponential, with jitter: many that failed together do not come back together. */
export class Backoff {
  /** How often in a row it has failed. */
  failures = 0;
  readonly #first: number;
  readonly #most: number;

  /** @param times - the first and the longest delay, ms */
  constructor({ first, most }: { first: number; most: number }) {
    this.#first = first;
    this.#most = most;
  }

  /** Milliseconds to wait after one more failure; `asked`: what the server asks for at least. */
  next(asked = 0): number {
    // 2 ** 1024 is Infinity; times a zero in tests, it would be no number.
    const full = Math.min(this.#most, this.#first * 2 ** Math.min(this.failures++, 32));
    return Math.max(full * (0.5 + Math.random() / 2), Math.min(asked, LONGEST_ASKED));
  }

  reset(): void {
    this.failures = 0;
  }
}
