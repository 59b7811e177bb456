/** Deleting objects: preconditions, grace, finalizers. */
import { present, timestamp, type ApiObject, type Meta } from '../object.ts';
import { resourceKey } from '../resource.ts';
import { conflict, invalid, notFound } from '../status.ts';
import { type Store, type Version } from '../store.ts';
import { type Target } from './writer.ts';

const POLICIES = ['Foreground', 'Background', 'Orphan'] as const;
/** The finalizers by which the garbage collector knows what was asked. */
export const FOREGROUND = 'foregroundDeletion';
export const ORPHAN = 'orphan';

export interface DeleteOptions {
  uid?: string | undefined;
  resourceVersion?: string | undefined;
  gracePeriodSeconds?: number | undefined;
  propagationPolicy?: string | undefined;
  /** Whether somebody collects dependents, and so also removes the finalizers for it. */
  collected?: boolean;
}

/**
 * Deletes an object, or marks it so that it goes when it can.
 *
 * @returns its last state, and whether it is gone
 * @throws {StatusError}
 */
export function remove(
  store: Store,
  { resource, namespace, name }: Target,
  options: DeleteOptions,
): { version: Version; gone: boolean } {
  const key = resourceKey(resource);
  const stored = store.shelf(key).get(namespace, name);
  if (stored === undefined) throw notFound(resource, name);
  const { propagationPolicy: policy, gracePeriodSeconds: asked } = options;
  if (policy !== undefined && !(POLICIES as readonly string[]).includes(policy)) {
    const message = `Unsupported value: ${JSON.stringify(policy)}: supported values: "Foreground", "Background", "Orphan", "nil"`;
    throw invalid({ group: 'meta.k8s.io', kind: 'DeleteOptions' }, '', [
      { reason: 'FieldValueNotSupported', message, field: 'propagationPolicy' },
    ]);
  }
  checkPreconditions(stored.object, options, { ...resource, plural: resource.kind });

  const { grace, hold } = resource.rules;
  const seconds = grace?.(stored.object, asked) ?? 0;
  const finalizers = finalizersFor(stored.object, options);
  const marked = mark(stored.object, seconds, finalizers, grace !== undefined);
  if (seconds > 0 || finalizers.length > 0 || hold !== undefined) {
    const held = hold?.(marked) ?? marked;
    const version = marked === stored.object ? stored : store.commit(key, 'MODIFIED', held, stored);
    return { version, gone: false };
  }
  // Kinds with grace are marked first, even when there is none to wait for.
  const last =
    grace === undefined || marked === stored.object ? stored : store.commit(key, 'MODIFIED', marked, stored);
  const version = store.commit(key, 'DELETED', last.object, last);
  return { version: grace === undefined ? version : last, gone: true };
}

function finalizersFor({ metadata }: ApiObject, { propagationPolicy, collected }: DeleteOptions): string[] {
  const own = (metadata.finalizers ?? []).filter(
    (name) => propagationPolicy === undefined || (name !== FOREGROUND && name !== ORPHAN),
  );
  if (collected !== true) return own;
  if (propagationPolicy === 'Foreground') return [...own, FOREGROUND];
  return propagationPolicy === 'Orphan' ? [...own, ORPHAN] : own;
}

/** The object as one that is being deleted; a second deletion can only make it sooner. */
function mark(object: ApiObject, seconds: number, finalizers: string[], graceful: boolean): ApiObject {
  const { deletionTimestamp, deletionGracePeriodSeconds = 0, generation } = object.metadata;
  const list = finalizers.length > 0 ? finalizers : undefined;
  if (deletionTimestamp === undefined || (graceful && seconds < deletionGracePeriodSeconds)) {
    const first = deletionTimestamp === undefined;
    const metadata = present({
      ...object.metadata,
      finalizers: list,
      deletionTimestamp: timestamp(Date.now() + seconds * 1000),
      deletionGracePeriodSeconds: seconds,
      generation: generation === undefined || !first ? generation : generation + 1,
    }) as Meta;
    return { ...object, metadata };
  }
  if ((object.metadata.finalizers ?? []).length === finalizers.length) return object;
  return { ...object, metadata: present({ ...object.metadata, finalizers: list }) as Meta };
}

function checkPreconditions(
  { metadata }: ApiObject,
  { uid, resourceVersion }: DeleteOptions,
  kind: { group: string; plural: string },
): void {
  if (uid !== undefined && uid !== metadata.uid) {
    throw conflict(
      kind,
      metadata.name,
      `the UID in the precondition (${uid}) does not match the UID in record (${metadata.uid}). The object might have been deleted and then recreated`,
    );
  }
  if (resourceVersion !== undefined && resourceVersion !== metadata.resourceVersion) {
    throw conflict(
      kind,
      metadata.name,
      `the ResourceVersion in the precondition (${resourceVersion}) does not match the ResourceVersion in record (${metadata.resourceVersion}). The object might have been modified`,
    );
  }
}
