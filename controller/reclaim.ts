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

/** How far the clocks of this machine and the API server may be apart, ms. */
const CLOCKS = 5_000;

/**
 * Whether another controller made a Task's pod, and somebody deleted it before a status named it: the event that told of
 * it is there, the pod is not. Asked only of Tasks that are older than this controller's work.
 *
 * @param begun - when this controller began to look at Tasks, ms since the epoch
 */
export async function hadPod(
  task: StoredTask,
  { actor, begun, signal }: { actor: Actor; begun: number; signal: AbortSignal },
): Promise<boolean> {
  const { namespace, name, uid = '', creationTimestamp = '' } = task.metadata;
  if (Date.parse(creationTimestamp) > begun + CLOCKS) return false;
  if (!(await actor.hasTold(task, createdEvent(task, ''), signal))) return false;
  return (await actor.readPod({ namespace, name: podNameOf({ name, uid }) }, signal)) === undefined;
}
