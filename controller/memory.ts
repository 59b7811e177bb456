import type { TaskStatus } from '../shared/task/task.ts';
import type { PodEvent } from './decide/mounts.ts';
import type { Trouble } from './decide/trouble.ts';

/** What this process knows of a Task beside what the cluster does. All of it may be lost. */
export interface Memory {
  /** When its status was last written, or when it was first looked at. */
  written: number;
  hadPod: boolean;
  /** Whether a pod was sought that another controller made. */
  sought: boolean;
  /** The uid of its pod, and of one that has its name and is not its own. */
  podUid?: string | undefined;
  foreignUid?: string | undefined;
  /** The last status, when an event has told of it already. */
  told?: TaskStatus;
  /** What the API server said of a status that it did not take. */
  refusal?: string;
  /** What its node said of the pod, and when that was read. */
  events?: { at: number; found: readonly PodEvent[] };
  refused?: { trouble: Trouble; retryAt: number; attempts: number };
}
