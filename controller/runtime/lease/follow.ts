/** What is done while another leads: wait until the Lease is free, and take it. */
import { Bell, momentOf, type Moment } from './clock.ts';
import { nextMove, observe, type Observed } from './election.ts';
import { notice } from './notice.ts';
import type { LeaseRecord } from './record.ts';
import type { Candidate } from './settings.ts';
import { isOutrun, type LeaseStore } from './store.ts';

/** After losing to a faster one, ms: it may well be that nobody won. */
const AFTER_LOSING = 100;

/** The Lease, and when the request was sent that made it one's own. */
export interface Won {
  record: LeaseRecord;
  sent: Moment;
}

/** Waits for the Lease and takes it; `undefined` when `signal` was aborted before. */
export async function win(
  store: LeaseStore,
  candidate: Candidate,
  signal: AbortSignal,
): Promise<Won | undefined> {
  const { clock, random, retryPeriod, log, client, namespace, name } = candidate;
  const bell = new Bell(clock);
  const watching = new AbortController();
  const onTrouble = (error: unknown): void => log.warn({ error }, 'the watch of the Lease broke off');
  void notice({ namespace, name }, { client, clock, random, ring: bell.ring, onTrouble }, watching.signal);
  const look = new Looks(store, candidate);
  try {
    while (!signal.aborted) {
      // Spread, so that many who wait do not ask together.
      let wait = retryPeriod * (0.8 + 0.4 * random());
      try {
        const observed = await look.again(signal);
        const move = nextMove(observed, clock.monotonic());
        if (move.kind === 'wait') wait = Math.min(wait, move.ms);
        else {
          const sent = momentOf(clock);
          // Not ended by `signal`: what is not known to have failed may hold the Lease for nobody.
          const record = await (move.kind === 'take' ? store.take(move.record) : store.create());
          return { record, sent };
        }
      } catch (error) {
        if (signal.aborted) break;
        if (isOutrun(error)) wait = AFTER_LOSING * random();
        else log.warn({ error }, 'the Lease cannot be read or taken');
      }
      await bell.wait(wait, signal);
    }
    return undefined;
  } finally {
    watching.abort();
  }
}

/** Looks at the Lease, and remembers what counts of what was seen. */
class Looks {
  readonly #store: LeaseStore;
  readonly #candidate: Candidate;
  #observed: Observed | undefined;

  constructor(store: LeaseStore, candidate: Candidate) {
    this.#store = store;
    this.#candidate = candidate;
  }

  async again(signal: AbortSignal): Promise<Observed> {
    const { identity, leaseDuration, clock, onNewLeader } = this.#candidate;
    const record = await this.#store.look(signal);
    const before = this.#observed?.record?.holder;
    this.#observed = observe(this.#observed, record, { identity, leaseDuration, now: clock.monotonic() });
    if (record !== undefined && record.holder !== before && !['', identity].includes(record.holder)) {
      onNewLeader(record.holder);
    }
    return this.#observed;
  }
}
