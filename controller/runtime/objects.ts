/** What every Kubernetes object has, and the kinds that the controller works with. */

export interface OwnerReference {
  apiVersion: string;
  kind: string;
  name: string;
  uid: string;
  controller?: boolean;
  blockOwnerDeletion?: boolean;
}

export interface ObjectMeta {
  name: string;
  namespace?: string;
  uid?: string;
  resourceVersion?: string;
  generation?: number;
  creationTimestamp?: string;
  deletionTimestamp?: string;
  labels?: Record<string, string>;
  annotations?: Record<string, string>;
  ownerReferences?: OwnerReference[];
  [key: string]: unknown;
}

export interface KubeObject {
  /** The items of a list of a built-in type come without this and without `kind`. */
  apiVersion?: string;
  kind?: string;
  metadata: ObjectMeta;
  /** Only the controller's own: this is a stub, which says where the object is and little of what it is. */
  stub?: true;
}

/** Where one object is. Without `namespace`: an object of the whole cluster. */
export interface Ref {
  namespace?: string;
  name: string;
}

export interface ResourceType {
  /** Empty for the core group. */
  group: string;
  version: string;
  plural: string;
  kind: string;
}

export const TASKS: ResourceType = {
  group: 'api.practice.com',
  version: 'v1alpha1',
  plural: 'tasks',
  kind: 'Task',
};
export const RESUMES: ResourceType = {
  group: 'api.practice.com',
  version: 'v1alpha1',
  plural: 'resumes',
  kind: 'Resume',
};
export const PODS: ResourceType = { group: '', version: 'v1', plural: 'pods', kind: 'Pod' };
export const CONFIG_MAPS: ResourceType = {
  group: '',
  version: 'v1',
  plural: 'configmaps',
  kind: 'ConfigMap',
};
export const SECRETS: ResourceType = { group: '', version: 'v1', plural: 'secrets', kind: 'Secret' };
export const SERVICE_ACCOUNTS: ResourceType = {
  group: '',
  version: 'v1',
  plural: 'serviceaccounts',
  kind: 'ServiceAccount',
};
export const EVENTS: ResourceType = {
  group: 'events.k8s.io',
  version: 'v1',
  plural: 'events',
  kind: 'Event',
};
export const LEASES: ResourceType = {
  group: 'coordination.k8s.io',
  version: 'v1',
  plural: 'leases',
  kind: 'Lease',
};

/**
 * A type as RBAC and kubectl call it.
 *
 * @example resourceName(TASKS) // 'tasks.api.practice.com'
 */
export function resourceName({ group, plural }: ResourceType): string {
  return group === '' ? plural : `${plural}.${group}`;
}

/** @example apiVersionOf(TASKS) // 'api.practice.com/v1alpha1' */
export function apiVersionOf({ group, version }: ResourceType): string {
  return group === '' ? version : `${group}/${version}`;
}

/**
 * Which of two versions of one resource type is newer: negative, 0 or positive, as for `sort`. `undefined` when one of
 * them is no number, of which nothing can be said.
 *
 * @see https://kubernetes.io/docs/reference/using-api/api-concepts/#resource-versions comparable as integers since 1.35
 * @example compareVersions('9', '10') // negative
 */
export function compareVersions(a: string | undefined, b: string | undefined): number | undefined {
  if (!isVersion(a) || !isVersion(b)) return undefined;
  // Of any length: they are not bound to what a double can hold.
  if (a.length !== b.length) return a.length - b.length;
  return a === b ? 0 : a < b ? -1 : 1;
}

function isVersion(text: string | undefined): text is string {
  return text !== undefined && /^[1-9]\d*$/.test(text);
}
