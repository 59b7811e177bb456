import type { Task, TaskStatus } from '../shared/task/task.ts';
import type { KubeObject } from './runtime/objects.ts';

/** A Task as the API server has it. Its spec has passed the CRD's schema, its status is the controller's own. */
export interface StoredTask extends KubeObject {
  apiVersion: Task['apiVersion'];
  kind: Task['kind'];
  spec: Task['spec'];
  status?: TaskStatus;
}

/**
 * The Task without what the controller does not read, for keeping a thousand of them.
 *
 * @example new Cache({ type: TASKS, keep: keepOfTask })
 */
export function keepOfTask(task: StoredTask): StoredTask {
  const { managedFields: _, annotations: _annotations, ...metadata } = task.metadata;
  const { apiVersion, kind, spec, status } = task;
  return { apiVersion, kind, metadata, spec, ...(status && { status }) };
}
