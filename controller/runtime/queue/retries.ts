/** How long a key that failed has to wait. */
import { namespaceOf } from './line.ts';

/** With more of them, those that are full are let go. */
const BUCKETS = 1_000;

export interface RetrySettings {
  /** The delay after the first failure, ms; doubled for each further one. Default: 5 ms. */
  baseDelay?: number;
  /** The longest delay after a failure, ms. Default: 30 s. */
  maxDelay?: number;
  /** How many retries of all keys of a namespace a second brings. Default: 50. */
  retriesPerSecond?: number;
  /** How many retries may come at once after a time without any. Default: 100. */
  retryBurst?: number;
  /** From 0 to 1: keys that failed together do not come back together. */
  random?: () => number;
}

export class Retries {
  readonly #failures = new Map<string, number>();
  readonly #baseDelay: number;
  readonly #maxDelay: number;
  readonly #interval: number;
  readonly #burst: number;
  readonly #random: () => number;
  /** When the bucket of each namespace is full again. A retry moves it on by one interval: no timer has to fill a bucket. */
  readonly #full = new Map<string, number>();

  constructor(settings: RetrySettings) {
    const { baseDelay = 5, maxDelay = 30_000, retriesPerSecond = 50, retryBurst = 100 } = settings;
    this.#baseDelay = baseDelay;
    this.#maxDelay = maxDelay;
    this.#interval = 1000 / retriesPerSecond;
    this.#burst = retryBurst;
    this.#random = settings.random ?? Math.random;
  }

  /** Notes a failure, and tells after how many milliseconds to try again: what is longer, the key's own delay or its turn in its namespace. */
  failed(key: string, now: number): number {
    const failures = this.#failures.get(key) ?? 0;
    this.#failures.set(key, failures + 1);
    const delay = Math.min(this.#maxDelay, this.#baseDelay * 2 ** failures);
    const turn = this.#turnOf(namespaceOf(key), now);
    return Math.max(delay * (0.5 + this.#random() / 2), turn);
  }

  #turnOf(namespace: string, now: number): number {
    const full = Math.max(now, this.#full.get(namespace) ?? now) + this.#interval;
    this.#full.set(namespace, full);
    if (this.#full.size > BUCKETS) {
      for (const [each, at] of this.#full) if (at <= now) this.#full.delete(each);
    }
    return full - now - this.#burst * this.#interval;
  }

  forget(key: string): void {
    this.#failures.delete(key);
  }

  /** How many keys failed and were not forgotten. */
  get size(): number {
    return this.#failures.size;
  }
}
