/** All that was written to an API server, in the order in which it was done: who, what, and what came of it. */
import { LEASES } from '../../../controller/runtime/objects.ts';
import { type ApiServer, type Call } from '../../support/api-server/index.ts';
import { resourceKey } from '../../support/api-server/resource.ts';

export interface Written {
  user: string;
  /** `create pods` */
  what: string;
  code: number;
  /** Of the Lease, right after this; empty when nobody holds it. */
  holder: string;
}

const WRITES: ReadonlySet<string> = new Set(['create', 'update', 'patch', 'delete', 'deletecollection']);
const LEASE = `${LEASES.plural}.`;

/** Writes from now on, except for those of the users named. */
export function ledgerOf(server: ApiServer, { without }: { without: readonly string[] }): Written[] {
  const ledger: Written[] = [];
  server.counts.listeners.add((call, code) => {
    if (!WRITES.has(call.verb) || without.includes(call.user ?? '')) return;
    ledger.push({ user: call.user ?? '', what: wordsOf(call), code, holder: holderOf(server) });
  });
  return ledger;
}

/** `create pods`, `patch tasks.api.practice.com/status` */
export function wordsOf({ verb, resource, subresource }: Call): string {
  const name = `${resource.plural}.${resource.group}`.replace(/\.$/, '');
  return `${verb} ${subresource === undefined ? name : `${name}/${subresource}`}`;
}

function holderOf(server: ApiServer): string {
  const [lease] = server.store.shelf(resourceKey(LEASES)).values();
  const holder = lease?.object.spec?.['holderIdentity'];
  return typeof holder === 'string' ? holder : '';
}

/** What was done by somebody while the Lease was not theirs; the Lease itself apart. */
export function actedWithoutLease(ledger: readonly Written[]): Written[] {
  const users = usersOf(ledger);
  return ledger.filter(
    ({ user, what, code, holder }) => !what.includes(LEASE) && code < 300 && users.get(holder) !== user,
  );
}

/** The user that holds the Lease now; `undefined` when nobody does. */
export function currentLeader(server: ApiServer, ledger: readonly Written[]): string | undefined {
  return usersOf(ledger).get(holderOf(server));
}

/** By whose request each name came into the Lease. */
function usersOf(ledger: readonly Written[]): Map<string, string> {
  const users = new Map<string, string>();
  for (const { user, what, code, holder } of ledger)
    if (what.includes(LEASE) && code < 300 && holder !== '' && !users.has(holder)) users.set(holder, user);
  return users;
}
