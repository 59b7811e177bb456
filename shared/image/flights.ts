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

/** Lets so many in at once; the others wait in line. */
export class Gate {
  #free: number;
  readonly #line: (() => void)[] = [];

  constructor(atOnce: number) {
    this.#free = atOnce;
  }

  async pass<Value>(work: () => Promise<Value>): Promise<Value> {
    if (this.#free > 0) this.#free--;
    else await new Promise<void>((resolve) => this.#line.push(resolve));
    try {
      return await work();
    } finally {
      const next = this.#line.shift();
      if (next === undefined) this.#free++;
      else next();
    }
  }
}
