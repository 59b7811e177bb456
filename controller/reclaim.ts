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

/**
 * The pod of a Task of which no status and no cache says anything: another controller may have made it, and be no more.
 *
 * @returns the pod of the Task's name; `gone` when the event that told of its making is there, and the pod is not
 */
export async function soughtPod(
  task: StoredTask,
  { actor, signal }: { actor: Actor; signal: AbortSignal },
): Promise<ObservedPod | 'gone' | undefined> {
  const { namespace, name, uid = '' } = task.metadata;
  const pod = await actor.readPod({ namespace, name: podNameOf({ name, uid }) }, signal);
  if (pod !== undefined) return pod;
  return (await actor.hasTold(task, createdEvent(task, ''), signal)) ? 'gone' : undefined;
}

/** How far the clocks of this machine and the API server may be apart, ms. */
const CLOCKS = 5_000;

/** Whether a Task was made after this moment for sure, ms since the epoch. */
export function isNewerThan({ metadata }: StoredTask, moment: number): boolean {
  return Date.parse(metadata.creationTimestamp ?? '') > moment + CLOCKS;
}
