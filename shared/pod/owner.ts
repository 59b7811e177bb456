import { createHash } from 'node:crypto';
import { API_VERSION, KIND } from '../task/api.ts';
import type { Task } from '../task/task.ts';

/** Kubernetes metav1.OwnerReference, of an object that its owner manages and takes with it when it is deleted. */
export interface OwnerReference {
  apiVersion: typeof API_VERSION;
  kind: typeof KIND;
  name: string;
  uid: string;
  controller: true;
  blockOwnerDeletion: true;
}

/** What makes an object the Task's own. Empty for a Task that no cluster has: nothing can belong to it. */
export function ownedBy({ metadata: { name, uid } }: Task): { ownerReferences?: [OwnerReference] } {
  if (uid === undefined || name === undefined) return {};
  return {
    ownerReferences: [
      { apiVersion: API_VERSION, kind: KIND, name, uid, controller: true, blockOwnerDeletion: true },
    ],
  };
}

/** The beginning of a hash, short enough for names: lower-case hexadecimal digits. */
export function shortHash(text: string, length: number): string {
  return createHash('sha256').update(text).digest('hex').slice(0, length);
}
