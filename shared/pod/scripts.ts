/** The scripts of a Task: one ConfigMap, each script byte for byte under its step's name. */
import { labelsOf } from './labels.ts';
import { ownedBy, shortHash, type OwnerReference } from './owner.ts';
import { nameOf } from '../task/name.ts';
import { stepsOf } from '../task/step-template.ts';
import type { Task } from '../task/task.ts';

/** What the API server takes at most as the data of one ConfigMap, in bytes. */
export const MAX_SCRIPT_BYTES = 1024 * 1024;

export interface ConfigMap {
  apiVersion: 'v1';
  kind: 'ConfigMap';
  metadata: {
    name: string;
    namespace?: string;
    labels: Record<string, string>;
    ownerReferences?: [OwnerReference];
  };
  immutable: true;
  data: Record<string, string>;
}

/** Scripts that no ConfigMap can hold. */
export class ScriptsTooLargeError extends Error {
  override name = 'ScriptsTooLargeError';
}

/**
 * The ConfigMap with the scripts of a Task, or `undefined` when no step has one. Its name carries a hash of its
 * content: a changed script is another ConfigMap, so a pod never runs an old one, and two Tasks never share a name.
 *
 * @throws as {@link stepsOf}
 * @throws {ScriptsTooLargeError} before anything is created, when all of them have more than {@link MAX_SCRIPT_BYTES}.
 */
export function scriptsConfigMap(task: Task): ConfigMap | undefined {
  const scripts = stepsOf(task.spec).flatMap(({ name, script }) => (script ? [{ name, script }] : []));
  if (scripts.length === 0) return undefined;

  const sizes = scripts.map(({ name, script }) => ({ name, bytes: Buffer.byteLength(script) }));
  const total = sizes.reduce((sum, { bytes }) => sum + bytes, 0);
  if (total > MAX_SCRIPT_BYTES) {
    const list = sizes.map(({ name, bytes }) => `${name} ${bytes}`).join(', ');
    throw new ScriptsTooLargeError(
      `the scripts of Task ${nameOf(task)} have ${total} bytes together (${list}); a ConfigMap holds ${MAX_SCRIPT_BYTES}. Put the large ones into an image or a volume`,
    );
  }
  const { namespace, uid } = task.metadata;
  // With the uid: what belonged to an earlier Task of this name is about to be deleted.
  const hash = shortHash(JSON.stringify(uid === undefined ? scripts : [uid, ...scripts]), 10);
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: {
      name: `task-scripts-${nameOf(task)}-${hash}`,
      ...(namespace !== undefined && { namespace }),
      labels: labelsOf(task),
      ...ownedBy(task),
    },
    immutable: true,
    data: Object.fromEntries(scripts.map(({ name, script }) => [name, script])),
  };
}
