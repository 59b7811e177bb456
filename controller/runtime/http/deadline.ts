/** An end for a wait: after a time, or when the caller says so. */

/** Aborts `signal` after `time` ms or with `outer`, whichever is first. {@link end} it: its timer keeps the process alive. */
export class Deadline {
  readonly signal: AbortSignal;
  /** Whether it was the time that ended it. */
  passed = false;
  /** How long it lasts, ms. */
  time: number;
  readonly #controller = new AbortController();
  readonly #outer: AbortSignal | undefined;
  #from = performance.now();
  #timer: NodeJS.Timeout | undefined;

  constructor(time: number, outer: AbortSignal | undefined) {
    this.signal = this.#controller.signal;
    this.time = time;
    this.#outer = outer;
    this.#timer = setTimeout(this.#pass, time);
    if (outer?.aborted === true) this.#abort();
    else outer?.addEventListener('abort', this.#abort, { once: true });
  }

  /** Milliseconds until it passes. */
  get left(): number {
    return this.#from + this.time - performance.now();
  }

  /** Starts again, with another time. */
  extend(time: number): void {
    if (this.signal.aborted) return;
    clearTimeout(this.#timer);
    this.time = time;
    this.#from = performance.now();
    this.#timer = setTimeout(this.#pass, time);
  }

  end(): void {
    clearTimeout(this.#timer);
    this.#outer?.removeEventListener('abort', this.#abort);
  }

  readonly #pass = (): void => {
    this.passed = true;
    this.#controller.abort(new DOMException('the deadline passed', 'TimeoutError'));
  };

  readonly #abort = (): void => {
    clearTimeout(this.#timer);
    this.#controller.abort(this.#outer?.reason);
  };
}

/** What a promise gives, or the signal's reason as soon as that is aborted. */
export async function orAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  signal.throwIfAborted();
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const abort = (): void => reject(signal.reason);
  signal.addEventListener('abort', abort, { once: true });
  try {
    return await Promise.race([promise, aborted]);
  } finally {
    signal.removeEventListener('abort', abort);
  }
}
