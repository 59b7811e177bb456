/**
 * What has to be looked at. A key is the name of something, never what happened to it: ten events are one look, and a
 * look that an event came in the midst of is followed by another.
 *
 * @see https://pkg.go.dev/k8s.io/client-go/util/workqueue the rules, known to every Kubernetes controller
 */
import { Delays } from './queue/delays.ts';
import { FairLine } from './queue/line.ts';
import { Retries, type RetrySettings } from './queue/retries.ts';

/** A timer of Node's takes no more. */
const LONGEST_TIMER = 2 ** 31 - 1;

export interface QueueSettings extends RetrySettings {
  /** Milliseconds that only go forward. */
  now?: () => number;
}

/**
 * A queue of keys, `namespace/name`. No key is handed out twice at once, and none is kept once it is done and forgotten.
 * Namespaces take turns.
 *
 * @example
 * const queue = new WorkQueue();
 * queue.add('default/build');
 * await work(queue, { workers: 4, handle: reconcile, onError: report }, signal); // of work.ts
 */
export class WorkQueue {
  readonly #line = new FairLine();
  /** To be looked at: in line, or to be put there when the worker that has it is done. */
  readonly #dirty = new Set<string>();
  readonly #processing = new Set<string>();
  readonly #delays = new Delays();
  readonly #retries: Retries;
  readonly #now: () => number;
  /** Workers with nothing to do. */
  readonly #idle = new Set<() => void>();
  #alarm: { at: number; timer: NodeJS.Timeout } | undefined;
  #retried = 0;

  constructor(settings: QueueSettings = {}) {
    this.#retries = new Retries(settings);
    this.#now = settings.now ?? (() => performance.now());
  }

  /** Has a key looked at: once, however often it is added before. One that is being looked at is looked at again. */
  add(key: string): void {
    this.#bringUp();
    this.#enter(key);
  }

  /**
   * Has a key looked at in a while. A key waits for one moment at most, the earliest: who is called for a key has to
   * see to the next moment anyway.
   *
   * @param ms - milliseconds; 0 and less: now
   * @throws {RangeError} when `ms` is no finite number
   */
  addAfter(key: string, ms: number): void {
    if (!Number.isFinite(ms)) throw new RangeError(`${key} cannot be looked at in ${ms} ms`);
    if (ms <= 0) return this.add(key);
    this.#delays.add(key, this.#now() + ms);
    this.#setAlarm();
  }

  /** Has a key that failed looked at again: the later, the oftener it failed since it was forgotten. */
  retry(key: string): void {
    this.#retried++;
    this.addAfter(key, this.#retries.failed(key, this.#now()));
  }

  /** Forgets that a key has ever failed. */
  forget(key: string): void {
    this.#retries.forget(key);
  }

  /** The next key, to be handed back with {@link done}; waits for one. `undefined` once `signal` is aborted. */
  async take(signal: AbortSignal): Promise<string | undefined> {
    for (;;) {
      if (signal.aborted) {
        // It may have been woken for a key just before: that is another's now.
        if (this.#line.size > 0) this.#wakeOne();
        return undefined;
      }
      this.#bringUp();
      const key = this.#line.shift();
      if (key !== undefined) {
        this.#dirty.delete(key);
        this.#processing.add(key);
        return key;
      }
      await this.#idleUntilWoken(signal);
    }
  }

  /** Ends the work on a key; one that was added in the meantime is next in line. */
  done(key: string): void {
    this.#processing.delete(key);
    if (!this.#dirty.has(key)) return;
    this.#line.push(key);
    this.#wakeOne();
  }

  /** How many keys wait for a worker. */
  get size(): number {
    return this.#line.size;
  }

  /** How many keys wait for their time. */
  get delayed(): number {
    return this.#delays.size;
  }

  /** How many keys are being worked on. */
  get processing(): number {
    return this.#processing.size;
  }

  /** How many keys failed and were not forgotten. */
  get failing(): number {
    return this.#retries.size;
  }

  /** How often {@link retry} was called. */
  get retried(): number {
    return this.#retried;
  }

  #enter(key: string): void {
    if (this.#dirty.has(key)) return;
    this.#dirty.add(key);
    if (this.#processing.has(key)) return;
    this.#line.push(key);
    this.#wakeOne();
  }

  /** Puts the keys in line whose time has come, before any that comes after that. */
  #bringUp(): void {
    if (this.#delays.size === 0) return;
    const now = this.#now();
    for (;;) {
      const key = this.#delays.take(now);
      if (key === undefined) return;
      this.#enter(key);
    }
  }

  #wakeOne(): void {
    for (const wake of this.#idle) return wake();
  }

  async #idleUntilWoken(signal: AbortSignal): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const wake = (): void => {
      this.#idle.delete(wake);
      signal.removeEventListener('abort', wake);
      resolve();
    };
    this.#idle.add(wake);
    signal.addEventListener('abort', wake);
    this.#setAlarm();
    await promise;
    this.#setAlarm();
  }

  /**
   * One timer for all keys, and only while somebody waits for one: a busy worker looks at the clock by itself, and a
   * queue that nobody works on keeps no process alive.
   */
  #setAlarm(): void {
    const due = this.#idle.size === 0 ? undefined : this.#delays.due;
    if (due === this.#alarm?.at) return;
    clearTimeout(this.#alarm?.timer);
    this.#alarm = undefined;
    if (due === undefined) return;
    const ms = Math.min(LONGEST_TIMER, Math.max(1, Math.ceil(due - this.#now())));
    const ring = (): void => {
      this.#alarm = undefined;
      this.#bringUp();
      // A timer may be early by a part of a millisecond.
      this.#setAlarm();
    };
    this.#alarm = { at: due, timer: setTimeout(ring, ms) };
  }
}
