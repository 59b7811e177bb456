/** What schedulers and nodes say of pods in events. */
import type { PodEvent } from './decide/mounts.ts';
import type { ObservedPod } from './pod.ts';
import type { ApiClient } from './runtime/client.ts';
import { EVENTS, type KubeObject } from './runtime/objects.ts';

/** The most events that are read about one pod. */
const MAX_EVENTS = 50;

/** How many events are read at a time, where all of a namespace are, and of how many pods they are kept. */
const PAGE = 500;
const MAX_PODS_TOLD = 20_000;

interface NodeEvent extends KubeObject {
  type?: string;
  reason?: string;
  note?: string;
  regarding?: { kind?: string; name?: string; uid?: string };
  series?: { lastObservedTime?: string };
  eventTime?: string | null;
  deprecatedLastTimestamp?: string | null;
}

interface Asking {
  client: Pick<ApiClient, 'list'>;
  signal: AbortSignal;
}

/** What its node said about a pod, the newest first. */
export async function eventsAbout(
  { metadata }: ObservedPod,
  { client, signal }: Asking,
): Promise<PodEvent[]> {
  const { namespace = 'default', uid = '' } = metadata;
  const query = { namespace, fieldSelector: `regarding.uid=${uid}`, limit: MAX_EVENTS };
  const { items } = await client.list<NodeEvent>(EVENTS, query, { signal });
  const time = ({ series, deprecatedLastTimestamp, eventTime }: NodeEvent): string =>
    series?.lastObservedTime ?? deprecatedLastTimestamp ?? eventTime ?? '';
  return items
    .filter(({ regarding, type }) => regarding?.uid === uid && type === 'Warning')
    .toSorted((one, other) => (time(one) < time(other) ? 1 : -1))
    .map(({ reason = '', note = '' }) => ({ reason, note }));
}

/** The names of pods that events tell of in a namespace. */
export async function podsToldOf(
  namespace: string,
  { client, signal }: Asking,
): Promise<ReadonlySet<string>> {
  const names = new Set<string>();
  const query = { namespace, fieldSelector: 'regarding.kind=Pod', limit: PAGE };
  let next: string | undefined;
  do {
    const page = await client.list<NodeEvent>(EVENTS, { ...query, continue: next }, { signal });
    for (const { regarding } of page.items)
      if (regarding?.kind === 'Pod' && regarding.name !== undefined && names.size < MAX_PODS_TOLD)
        names.add(regarding.name);
    next = page.metadata.continue || undefined;
  } while (next !== undefined);
  return names;
}
