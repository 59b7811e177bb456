/** What is done while another leads: wait until the Lease is free, and take it. */
import type { ApiClient } from '../client.ts';
import { LEASES, type Ref } from '../objects.ts';
import { Bell, momentOf, pause, type Clock, type Moment } from './clock.ts';
import { nextMove, observe, type Lease, type LeaseRecord, type Observed } from './election.ts';
import type { Candidate } from './settings.ts';
import { isOutrun, type LeaseStore } from './store.ts';

/** After losing to a faster one, ms: it may well be that nobody won. */
const AFTER_LOSING = 100;
/** The first delay before watching again, ms; doubled for each further one in which nothing was heard. */
const FIRST_DELAY = 200;
const LONGEST_DELAY = 30_000;
/** The server ends a watch after that, seconds. */
const WATCH_SECONDS = 300;

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

interface NoticeSettings {
  client: ApiClient;
  clock: Clock;
  random: () => number;
  /** Something changed: look. */
  ring: () => void;
  /** The watch broke off, for the first time since it last held. */
  onTrouble: (error: unknown) => void;
}

/**
 * Hears of changes of the Lease, so that a released one is taken at once; the poll stays behind it. Rings for each
 * change until `signal` is aborted. Never rejects.
 */
async function notice(
  { namespace, name }: Required<Ref>,
  { client, clock, random, ring, onTrouble }: NoticeSettings,
  signal: AbortSignal,
): Promise<void> {
  const query = {
    namespace,
    fieldSelector: `metadata.name=${name}`,
    timeoutSeconds: WATCH_SECONDS,
    // From whatever the server has at hand: it begins with the Lease as it is, and what is rung for is looked at anyway.
    resourceVersion: '0',
  };
  let silent = 0;
  while (!signal.aborted) {
    try {
      for await (const { type } of client.watch<Lease>(LEASES, query, { signal })) {
        silent = 0;
        if (type !== 'BOOKMARK') ring();
      }
    } catch (error) {
      if (!signal.aborted && silent === 0) onTrouble(error);
    }
    const delay = Math.min(LONGEST_DELAY, FIRST_DELAY * 2 ** silent++);
    await pause(clock, delay * (0.5 + random() / 2), signal);
  }
}
