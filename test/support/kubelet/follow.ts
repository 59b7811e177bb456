/** The pods of a cluster, followed for as long as it takes: what a kubelet sees. */
import { setTimeout as sleep } from 'node:timers/promises';
import { listOf, type ApiObject } from '../api-server/object.ts';
import { type Talk, type WatchedEvent } from '../api-server/talk.ts';

export interface PodListener {
  /** A pod that is there, new or changed. */
  onPod: (pod: ApiObject) => void;
  /** A pod that is not there any more. */
  onGone: (uid: string) => void;
}

export interface Scope {
  /** Default: all namespaces. */
  namespace?: string;
  labelSelector?: string;
}

/** ms between tries. */
const PAUSE = 50;

/** Tells of every pod until the signal; the API may go away in between. Never rejects. */
export async function followPods(
  talk: Talk,
  scope: Scope,
  listener: PodListener,
  signal: AbortSignal,
): Promise<void> {
  const path = `/api/v1${scope.namespace === undefined ? '' : `/namespaces/${scope.namespace}`}/pods`;
  const selector =
    scope.labelSelector === undefined ? '' : `&labelSelector=${encodeURIComponent(scope.labelSelector)}`;
  const known = new Set<string>();
  const tell = (pod: ApiObject): void => {
    known.add(pod.metadata.uid);
    listener.onPod(pod);
  };
  const forget = (uid: string): void => {
    known.delete(uid);
    listener.onGone(uid);
  };
  let version = '';
  while (!signal.aborted) {
    try {
      if (version === '') {
        const list = await talk.object('GET', `${path}?${selector.slice(1)}`, { signal });
        version = list.metadata.resourceVersion;
        const pods = listOf(list['items']) as ApiObject[];
        const there = new Set(pods.map(({ metadata }) => metadata.uid));
        for (const uid of known) if (!there.has(uid)) forget(uid);
        for (const pod of pods) tell(pod);
      }
      const query = `watch=1&allowWatchBookmarks=true&timeoutSeconds=300&resourceVersion=${version}${selector}`;
      for await (const event of talk.watch(`${path}?${query}`, signal)) {
        version = take(event, tell, forget);
        if (version === '') break;
      }
    } catch {
      // Nobody is there, or said no: ask again.
    }
    await sleep(PAUSE, undefined, { signal }).catch(() => undefined);
  }
}

/** The version to go on from; empty: from a new list. */
function take(
  { type, object }: WatchedEvent,
  tell: (pod: ApiObject) => void,
  forget: (uid: string) => void,
): string {
  if (type === 'ERROR') return '';
  if (type === 'DELETED') forget(object.metadata.uid);
  else if (type !== 'BOOKMARK') tell(object);
  return object.metadata.resourceVersion;
}
