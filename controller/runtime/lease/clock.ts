/** Time, as the lease needs it: a seam, so that tests can make clocks drift and processes freeze. */

export interface Clock {
  /** Milliseconds that only go forward, at any rate; also while the process is stopped. */
  monotonic(): number;
  /** Milliseconds since the epoch. May be set at any time. */
  wall(): number;
  /** Calls `ring` once after `ms` milliseconds, unless the returned function is called before. */
  timer(ms: number, ring: () => void): () => void;
}

export const systemClock: Clock = {
  monotonic: () => performance.now(),
  wall: () => Date.now(),
  timer: (ms, ring) => {
    const timer = setTimeout(ring, Math.max(0, ms));
    return () => clearTimeout(timer);
  },
};

/** A moment on both clocks. */
export interface Moment {
  monotonic: number;
  wall: number;
}

export function momentOf(clock: Clock): Moment {
  return { monotonic: clock.monotonic(), wall: clock.wall() };
}

/** Runs a request that may take `ms` milliseconds. */
export async function within<T>(
  { clock, ms, signal }: { clock: Clock; ms: number; signal?: AbortSignal | undefined },
  ask: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  signal?.throwIfAborted();
  const stop = new AbortController();
  const why = new DOMException(`no whole answer within ${ms} ms`, 'TimeoutError');
  const cancel = clock.timer(ms, () => stop.abort(why));
  const leave = (): void => stop.abort(signal?.reason);
  signal?.addEventListener('abort', leave, { once: true });
  try {
    return await ask(stop.signal);
  } finally {
    cancel();
    signal?.removeEventListener('abort', leave);
  }
}

/** A ring that comes before anybody waits makes the next wait end at once. */
export class Bell {
  readonly #clock: Clock;
  #rung = false;
  #wake: (() => void) | undefined;

  /** A field, so that it can be handed out as a callback. */
  readonly ring = (): void => {
    this.#rung = true;
    this.#wake?.();
  };

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Ends when the bell has rung since the last wait, after `ms` milliseconds, or when `signal` is aborted. */
  async wait(ms: number, signal: AbortSignal): Promise<void> {
    if (!this.#rung && !signal.aborted) {
      const { promise, resolve } = Promise.withResolvers<void>();
      const cancel = this.#clock.timer(ms, resolve);
      this.#wake = resolve;
      signal.addEventListener('abort', this.#wake, { once: true });
      await promise;
      signal.removeEventListener('abort', this.#wake);
      this.#wake = undefined;
      cancel();
    }
    this.#rung = false;
  }
}

/** Ends after `ms` milliseconds, or when `signal` is aborted. */
export async function pause(clock: Clock, ms: number, signal: AbortSignal): Promise<void> {
  await new Bell(clock).wait(ms, signal);
}
