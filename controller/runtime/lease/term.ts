/** The time for which a Lease is held, as its holder may count on it. */
import { momentOf, type Clock, type Moment } from './clock.ts';

/** What the leader works with. */
export interface Term {
  /** Aborted when the leader is to come to its end, and when it no longer leads. */
  readonly signal: AbortSignal;
  /**
   * Whether nobody else can lead now. To be asked right before each write: a process that was frozen for a while
   * (SIGSTOP, a paused machine) finds out from this before any timer tells it. Stays true while a leader that was told
   * to stop brings its work to an end.
   */
  isCurrent(): boolean;
}

/** Why a term ended that was not renewed. */
export const LATE = 'the Lease was not renewed in time';

/** The term was over before its leader had come to its end. */
class TermOverError extends Error {
  override name = 'TermOverError';
}

/** Ends when no renewal that was sent within the last `deadline` milliseconds has succeeded. */
export class RenewedTerm implements Term {
  readonly #clock: Clock;
  readonly #deadline: number;
  readonly #stop = new AbortController();
  readonly #over = Promise.withResolvers<void>();
  #sent: Moment;
  #ended = false;
  #cancel: () => void = () => undefined;

  /** @param sent - when the request was sent that made the Lease one's own */
  constructor(clock: Clock, deadline: number, sent: Moment) {
    this.#clock = clock;
    this.#deadline = deadline;
    this.#sent = sent;
    this.#watch();
  }

  get signal(): AbortSignal {
    return this.#stop.signal;
  }

  /** Resolves when the term is over. */
  get over(): Promise<void> {
    return this.#over.promise;
  }

  isCurrent(): boolean {
    return !this.#ended && this.#left() > 0;
  }

  /** @param sent - when the renewal that succeeded was sent */
  renewed(sent: Moment): void {
    // An answer that came too late brings nothing back.
    if (!this.#ended) this.#sent = sent;
  }

  /** Tells the leader to come to its end. The term goes on until then. */
  stop(reason: unknown): void {
    this.#stop.abort(reason);
  }

  /** The Lease is another's. */
  end(why: string): void {
    this.#ended = true;
    this.dispose();
    this.#stop.abort(new TermOverError(why));
    this.#over.resolve();
  }

  dispose(): void {
    this.#cancel();
  }

  /** A machine that sleeps may stop its monotonic clock; the clock on the wall, set right again, tells. */
  #left(): number {
    const { monotonic, wall } = momentOf(this.#clock);
    return this.#deadline - Math.max(monotonic - this.#sent.monotonic, wall - this.#sent.wall);
  }

  #watch(): void {
    const left = this.#left();
    if (left <= 0) return this.end(LATE);
    this.#cancel = this.#clock.timer(left, () => this.#watch());
  }
}
