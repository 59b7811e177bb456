/** A pod that lost what it is found by: somebody took away its labels, or its owner. */
import { podNameOf } from '../shared/pod/pod.ts';
import type { Actor } from './act.ts';
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
