/** A pod that lost what it is found by: its labels or its owner, or a controller that knew of it. */
import { podNameOf } from '../shared/pod/pod.ts';
import type { Actor } from './act.ts';
import { createdEvent } from './decide/events.ts';
import type { ObservedPod } from './pod.ts';
import type { StoredTask } from './stored-task.ts';

/**
 * The Task's pod with its labels and its owner put right; `undefined` when there is none. Its uid tells that it is the one:
 * a name alone would not.
 *
 * @param podUID - the uid of the pod that was made; `undefined` when none was, as far as is known
 */
export async function reclaimed(
  task: StoredTask,
  podUID: string | undefined,
  { actor, dryRun, signal }: { actor: Actor; dryRun: boolean; signal: AbortSignal },
): Promise<ObservedPod | undefined> {
  if (podUID === undefined) return undefined;
  const { namespace, name, uid = '' } = task.metadata;
  const pod = await actor.readPod({ namespace, name: podNameOf({ name, uid }) }, signal);
  if (pod?.metadata.uid !== podUID) return undefined;
  return dryRun ? pod : actor.claimPod(task, pod, signal);
}

/** How long what events told of the pods of a namespace is asked for once, ms: other controllers' doings are over by then. */
const TOLD_FOR = 60_000;

/** Of which pods the events of a namespace tell: many Tasks may ask when a controller begins. */
export class PodsTold {
  readonly #asked = new Map<string, { at: number; names: Promise<ReadonlySet<string>> }>();

  /** @param now - ms since the epoch */
  async has(
    pod: { namespace: string; name: string },
    at: { actor: Actor; now: number; signal: AbortSignal },
  ): Promise<boolean> {
    const { namespace, name } = pod;
    for (const [key, asked] of this.#asked) if (at.now >= asked.at + TOLD_FOR) this.#asked.delete(key);
    const known = this.#asked.get(namespace) ?? {
      at: at.now,
      names: at.actor.podsTold(namespace, at.signal),
    };
    this.#asked.set(namespace, known);
    try {
      return (await known.names).has(name);
    } catch (error) {
      this.#asked.delete(namespace);
      throw error;
    }
  }
}

/**
 * The pod of a Task of which no status and no cache says anything: another controller may have made it, and be no more.
 *
 * @returns the pod of the Task's name; `gone` when an event tells of it, that of its making or one of its node, and the pod is not there
 */
export async function soughtPod(
  task: StoredTask,
  { actor, podsTold, now, signal }: { actor: Actor; podsTold: PodsTold; now: number; signal: AbortSignal },
): Promise<ObservedPod | 'gone' | undefined> {
  const { namespace = '', name, uid = '' } = task.metadata;
  const ref = { namespace, name: podNameOf({ name, uid }) };
  const pod = await actor.readPod(ref, signal);
  if (pod !== undefined) return pod;
  if (await actor.hasTold(task, createdEvent(task, ''), signal)) return 'gone';
  return (await podsTold.has(ref, { actor, now, signal })) ? 'gone' : undefined;
}

/** How far the clocks of this machine and the API server may be apart, ms. */
const CLOCKS = 5_000;

/** Whether a Task was made after this moment for sure, ms since the epoch. */
export function isNewerThan({ metadata }: StoredTask, moment: number): boolean {
  return Date.parse(metadata.creationTimestamp ?? '') > moment + CLOCKS;
}
