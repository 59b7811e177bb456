/**
 * Leader election: of all controllers of a cluster, at most one acts.
 *
 * A leader renews its Lease every `retryPeriod`, and acts for `renewDeadline` after the last renewal that succeeded
 * was *sent*. Others take the Lease over when they have seen no change for `leaseDuration`, which is longer and
 * begins later. So they need not agree on the time, only on its pace.
 */
import { renew, release } from './lease/hold.ts';
import { candidateOf, type Candidate, type LeadSettings } from './lease/settings.ts';
import { LeaseStore } from './lease/store.ts';
import { RenewedTerm } from './lease/term.ts';
import { win, type Won } from './lease/follow.ts';

export { newIdentity, type LeadSettings } from './lease/settings.ts';
export { type Term } from './lease/term.ts';

/**
 * Waits to be the leader and leads then, until `signal` is aborted and `lead` has resolved; the Lease is given back
 * then, so that another leads within a second.
 *
 * @returns `'lost'` when the Lease was lost. What `lead` began may still go on: the process has to end now
 * @throws {RangeError} for impossible times, and whatever `lead` throws, after the Lease was given back
 * @see https://kubernetes.io/docs/concepts/architecture/leases/
 * @example
 * const end = await lead({ client, namespace: 'taskflow', name: 'controller', identity: newIdentity(), log,
 *   lead: async (term) => { while (!term.signal.aborted) if (term.isCurrent()) await act(); } }, signal);
 * if (end === 'lost') process.exit(1);
 */
export async function lead(settings: LeadSettings, signal: AbortSignal): Promise<'stopped' | 'lost'> {
  const candidate = candidateOf(settings);
  // Two requests fit between a renewal and its deadline.
  const store = new LeaseStore({ ...candidate, requestTimeout: candidate.renewDeadline / 2 });
  const won = await win(store, candidate, signal);
  if (won === undefined) return 'stopped';
  if (signal.aborted) {
    await release(store, won.record, candidate);
    return 'stopped';
  }
  candidate.onNewLeader(candidate.identity);
  return reign(store, won, candidate, signal);
}

async function reign(
  store: LeaseStore,
  { record, sent }: Won,
  candidate: Candidate,
  signal: AbortSignal,
): Promise<'stopped' | 'lost'> {
  const term = new RenewedTerm(candidate.clock, candidate.renewDeadline, sent);
  // The process was frozen since it asked.
  if (!term.isCurrent()) return 'lost';
  const stop = (): void => term.stop(signal.reason);
  signal.addEventListener('abort', stop, { once: true });
  const done = new AbortController();
  const renewing = renew({ store, record, term }, candidate, done.signal);
  const leading = (async () => candidate.lead(term))();
  let lost = false;
  const losing = term.over.then(() => (lost = true));
  try {
    await Promise.race([leading, losing]);
  } finally {
    signal.removeEventListener('abort', stop);
    term.dispose();
    done.abort();
    if (!lost) await release(store, await renewing, candidate);
  }
  if (!lost) return 'stopped';
  // Nobody waits for it any more.
  leading.catch((error: unknown) => candidate.log.warn({ error }, 'the leader failed after its term'));
  return 'lost';
}
