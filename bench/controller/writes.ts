/** What the controller asked of an API server, by kind. */
import { type ApiServer } from '../../test/support/api-server/index.ts';

/** What the controller writes, in words, as `Counts` names it. */
const KINDS = {
  pods: { verb: 'create', resource: 'pods' },
  statuses: { verb: 'patch', resource: 'tasks.api.practice.com/status' },
  events: { verb: 'create', resource: 'events.events.k8s.io' },
  orders: { verb: 'patch', resource: 'pods' },
} as const;

export type Writes = Readonly<Record<keyof typeof KINDS | 'refused' | 'all', number>>;

/** Since the last `counts.reset()`; the Lease, the kubelet and the making of Tasks apart. */
export function writesOf({ counts }: ApiServer): Writes {
  const of = (kind: keyof typeof KINDS): number => counts.of(KINDS[kind]);
  const each = { pods: of('pods'), statuses: of('statuses'), events: of('events'), orders: of('orders') };
  const own = Object.values(KINDS).map((kind) => JSON.stringify(kind));
  const refused = counts
    .all()
    .filter(({ verb, resource, code }) => code >= 400 && own.includes(JSON.stringify({ verb, resource })))
    .reduce((sum, { count }) => sum + count, 0);
  return { ...each, refused, all: each.pods + each.statuses + each.events + each.orders };
}
