import { API_VERSION, KIND } from '../shared/task/api.ts';
import type { Task, TaskStatus } from '../shared/task/task.ts';
import { defined } from './defined.ts';
import type { KubeObject } from './runtime/objects.ts';

/** A Task as the API server has it. Its spec has passed the CRD's schema, its status is the controller's own. */
export interface StoredTask extends KubeObject {
  apiVersion: Task['apiVersion'];
  kind: Task['kind'];
  spec: Task['spec'];
  status?: TaskStatus;
}

/** Whether the last word on this Task is said. */
export function isFinal({ status }: Pick<StoredTask, 'status'>): boolean {
  return status?.completionTime !== undefined;
}

/**
 * The Task without what the controller does not read: of one that is over, next to nothing.
 *
 * @example new Cache({ type: TASKS, keep: keepOfTask, stub: stubOfTask })
 */
export function keepOfTask(task: StoredTask): StoredTask {
  if (isFinal(task)) return stubOfTask(task);
  const { managedFields: _, annotations: _annotations, ...metadata } = task.metadata;
  const { apiVersion, kind, spec, status } = task;
  return { apiVersion, kind, metadata, spec, ...(status && { status }) };
}

/** Which Task it is, how it stands, and when it may be deleted. */
export function stubOfTask({ metadata, spec, status }: StoredTask): StoredTask {
  const { name, namespace = '', uid = '', resourceVersion = '', deletionTimestamp } = metadata;
  const { ttlSecondsAfterFinished: ttl } = spec;
  // Written out: ten thousand of these are kept.
  const kept = { name, namespace, uid, resourceVersion };
  return {
    apiVersion: API_VERSION,
    kind: KIND,
    metadata: deletionTimestamp === undefined ? kept : { ...kept, deletionTimestamp },
    spec: ttl === undefined ? NO_STEPS : { steps: [], ttlSecondsAfterFinished: ttl },
    ...(status && { status: brief(status) }),
    stub: true,
  };
}

const NO_STEPS: Task['spec'] = { steps: [] };

function brief({ status, completionTime }: TaskStatus): TaskStatus {
  return defined({ status, completionTime });
}
