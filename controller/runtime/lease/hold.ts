/** What is done while one leads: renew the Lease, and give it back in the end. */
import { momentOf, pause, within } from './clock.ts';
import type { LeaseRecord } from './election.ts';
import type { Candidate } from './settings.ts';
import { isChanged, type LeaseStore } from './store.ts';
import { LATE, type RenewedTerm } from './term.ts';

/** The most time that giving the Lease back takes, ms. */
const RELEASE_DEADLINE = 2_000;

/**
 * Renews until `done` is aborted, and gives the Lease as it is then. Ends the term as soon as the Lease is seen to be
 * another's, or gone.
 */
export async function renew(
  won: { store: LeaseStore; record: LeaseRecord; term: RenewedTerm },
  { clock, retryPeriod, identity, log }: Candidate,
  done: AbortSignal,
): Promise<LeaseRecord> {
  const { store, term } = won;
  let { record } = won;
  let wait = retryPeriod;
  for (;;) {
    await pause(clock, wait, done);
    if (done.aborted) return record;
    // Not renewed once more: what was asked of others in between may have been denied to this term.
    if (!term.isCurrent()) {
      term.end(LATE);
      return record;
    }
    const sent = momentOf(clock);
    try {
      record = await store.renew(record);
      term.renewed(sent);
      wait = retryPeriod;
    } catch (error) {
      const seen = isChanged(error) ? await store.look().catch(() => record) : record;
      if (seen?.holder !== identity) {
        term.end(`the Lease ${seen === undefined ? 'is gone' : `is held by ${seen.holder || 'nobody'}`}`);
        return record;
      }
      // A newer one of one's own: an earlier request did its work after all.
      wait = seen.version === record.version ? retryPeriod : 0;
      record = seen;
      log.warn({ error }, 'the Lease was not renewed');
    }
    // What the request took counts.
    wait = Math.max(0, wait - (clock.monotonic() - sent.monotonic));
  }
}

/** Gives the Lease back, so that another need not wait for its end. */
export async function release(
  store: LeaseStore,
  record: LeaseRecord,
  { clock, identity, log }: Candidate,
): Promise<void> {
  try {
    await within({ clock, ms: RELEASE_DEADLINE }, async (signal) => {
      try {
        await store.release(record, signal);
      } catch (error) {
        if (!isChanged(error)) throw error;
        const seen = await store.look(signal);
        if (seen?.holder === identity) await store.release(seen, signal);
      }
    });
  } catch (error) {
    log.warn({ error }, 'the Lease was not given back: another takes it when its time is over');
  }
}
