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
    ledger.push({ user: call.user ?? '', what: told(call), code, holder: holderOf(server) });
  });
  return ledger;
}

function told({ verb, resource, subresource }: Call): string {
  const name = `${resource.plural}.${resource.group}`.replace(/\.$/, '');
  return `${verb} ${subresource === undefined ? name : `${name}/${subresource}`}`;
}

function holderOf(server: ApiServer): string {
  const [lease] = server.store.shelf(resourceKey(LEASES)).values();
  const holder = lease?.object.spec?.['holderIdentity'];
  return typeof holder === 'string' ? holder : '';
}

/** Who wrote something that was done while the Lease was not theirs; the Lease itself apart. */
export function actedWithoutLease(ledger: readonly Written[]): Written[] {
  // By whose request a name came into the Lease.
  const users = new Map<string, string>();
  return ledger.filter(({ user, what, code, holder }) => {
    if (what.includes(LEASE)) {
      if (code < 300 && holder !== '' && !users.has(holder)) users.set(holder, user);
      return false;
    }
    return code < 300 && users.get(holder) !== user;
  });
}

/** The users that held the Lease, one after the other. */
export function leadersOf(ledger: readonly Written[]): string[] {
  const leaders: string[] = [];
  let last = '';
  for (const { user, what, code, holder } of ledger) {
    if (!what.includes(LEASE) || code >= 300 || holder === '' || holder === last) continue;
    last = holder;
    leaders.push(user);
  }
  return leaders;
}
