/** One piece of work for all who want the same at the same time; at most so many pieces at once. */

interface Flight<Value> {
  result: Promise<Value>;
  waiting: number;
  stop: AbortController;
}

/**
 * Joins those who want the same. Who stops waiting leaves the others alone; when nobody is left, the work is stopped.
 *
 * @example
 * const flights = new Flights<string>();
 * await Promise.all([flights.join('a', work, signal), flights.join('a', work, signal)]); // work ran once
 */
export class Flights<Value> {
  readonly #flights = new Map<string, Flight<Value>>();

  async join(
    key: string,
    work: (signal: AbortSignal) => Promise<Value>,
    signal: AbortSignal | undefined,
  ): Promise<Value> {
    signal?.throwIfAborted();
    const flight = this.#flights.get(key) ?? this.#start(key, work);
    flight.waiting++;
    const left = Promise.withResolvers<never>();
    const leave = (): void => left.reject(signal?.reason);
    signal?.addEventListener('abort', leave, { once: true });
    try {
      return await Promise.race([flight.result, left.promise]);
    } finally {
      signal?.removeEventListener('abort', leave);
      flight.waiting--;
      if (flight.waiting === 0) {
        if (this.#flights.get(key) === flight) this.#flights.delete(key);
        flight.stop.abort();
      }
    }
  }

  #start(key: string, work: (signal: AbortSignal) => Promise<Value>): Flight<Value> {
    const stop = new AbortController();
    const result = work(stop.signal);
    // Each who waits hears of it; a flight that nobody waits for any more fails for nobody.
    result.catch(() => undefined);
    const flight = { result, waiting: 0, stop };
    this.#flights.set(key, flight);
    return flight;
  }
}

/** Lets so many in at once. The others wait in line, one line for each who asks, and those take turns. */
export class Gate {
  readonly #most: number;
  readonly #share: number;
  readonly #inside = new Map<string, number>();
  readonly #lines = new Map<string, (() => void)[]>();
  #count = 0;

  /** @param share - how many of one asker at once. Default: all */
  constructor(most: number, share = most) {
    this.#most = most;
    this.#share = share;
  }

  async pass<Value>(asker: string, work: () => Promise<Value>): Promise<Value> {
    if (this.#mayEnter(asker)) this.#enter(asker, 1);
    else await this.#wait(asker);
    try {
      return await work();
    } finally {
      this.#enter(asker, -1);
      this.#next();
    }
  }

  /** How many wait: of one asker, or all. */
  waiting(asker?: string): number {
    if (asker !== undefined) return this.#lines.get(asker)?.length ?? 0;
    let all = 0;
    for (const line of this.#lines.values()) all += line.length;
    return all;
  }

  /** How many are inside. */
  get size(): number {
    return this.#count;
  }

  #mayEnter(asker: string): boolean {
    return this.#count < this.#most && (this.#inside.get(asker) ?? 0) < this.#share;
  }

  #enter(asker: string, more: 1 | -1): void {
    this.#count += more;
    const own = (this.#inside.get(asker) ?? 0) + more;
    if (own === 0) this.#inside.delete(asker);
    else this.#inside.set(asker, own);
  }

  async #wait(asker: string): Promise<void> {
    const line = this.#lines.get(asker) ?? [];
    this.#lines.set(asker, line);
    await new Promise<void>((resolve) => line.push(resolve));
  }

  #next(): void {
    for (const [asker, line] of this.#lines) {
      if (!this.#mayEnter(asker)) continue;
      // Its next turn comes after those of all others.
      this.#lines.delete(asker);
      const enter = line.shift();
      if (line.length > 0) this.#lines.set(asker, line);
      // Before it goes on: nobody may come between.
      this.#enter(asker, 1);
      return enter?.();
    }
  }
}
