/** What kube-controller-manager does to what nobody needs any more: dependents, and the contents of namespaces. */
import { present, type ApiObject, type Meta } from './object.ts';
import { type ResourceKey } from './resource.ts';
import { type Catalog } from './catalog.ts';
import { type Change, type Store } from './store.ts';
import { FOREGROUND, ORPHAN, remove } from './write/remove.ts';

const NAMESPACES = 'namespaces.';

interface Known {
  resource: ResourceKey;
  metadata: Meta;
}

/** Collects dependents as long as `enabled`, and empties namespaces that go. It acts after the change that it hears of, never within. */
export class GarbageCollector {
  enabled: boolean;
  readonly #store: Store;
  readonly #catalog: Catalog;
  readonly #objects = new Map<string, Known>();
  /** The uid of an owner → the uids of what it owns. */
  readonly #dependents = new Map<string, Set<string>>();

  constructor(store: Store, catalog: Catalog, enabled: boolean) {
    this.#store = store;
    this.#catalog = catalog;
    this.enabled = enabled;
    store.listeners.add((resource, change) => this.#hear(resource, change));
  }

  #hear(resource: ResourceKey, { type, now, before }: Change): void {
    const { metadata } = now.object;
    const { uid, ownerReferences: owners = [] } = metadata;
    const former = before?.object.metadata.ownerReferences ?? [];
    for (const owner of former) this.#dependents.get(owner.uid)?.delete(uid);
    if (type === 'DELETED') this.#objects.delete(uid);
    else {
      this.#objects.set(uid, { resource, metadata });
      for (const owner of owners) this.#own(owner.uid, uid);
    }
    const marked = metadata.deletionTimestamp !== undefined;
    const matters =
      marked ||
      type === 'DELETED' ||
      (type === 'ADDED' ? owners.length > 0 : owners.length !== former.length);
    if (matters)
      setImmediate(() =>
        this.#look(
          resource,
          uid,
          metadata,
          owners.map((owner) => owner.uid),
        ),
      );
  }

  #own(owner: string, dependent: string): void {
    let dependents = this.#dependents.get(owner);
    if (dependents === undefined) this.#dependents.set(owner, (dependents = new Set()));
    dependents.add(dependent);
  }

  #look(resource: ResourceKey, uid: string, { name }: Meta, owners: readonly string[]): void {
    const known = this.#objects.get(uid);
    if (known === undefined && resource !== NAMESPACES) this.#finishNamespaces();
    if (known !== undefined && resource === NAMESPACES && known.metadata.deletionTimestamp !== undefined)
      return this.#empty(name);
    if (!this.enabled) return;
    const dependents = [...(this.#dependents.get(uid) ?? [])];
    if (known === undefined) {
      this.#dependents.delete(uid);
      for (const dependent of dependents) this.#collect(dependent);
      // The last dependent of an owner that waits for it.
      for (const owner of owners) this.#foreground(owner);
      return;
    }
    if (known.metadata.deletionTimestamp !== undefined) {
      const { finalizers = [] } = known.metadata;
      if (finalizers.includes(ORPHAN)) this.#orphan(uid, dependents);
      else this.#foreground(uid);
    }
    this.#collect(uid);
  }

  /** Deletes what has owners and none of them is there. */
  #collect(uid: string, policy?: 'Foreground'): void {
    const known = this.#objects.get(uid);
    const { ownerReferences: owners = [], deletionTimestamp } = known?.metadata ?? {};
    if (known === undefined || deletionTimestamp !== undefined || owners.length === 0) return;
    const there = owners.filter((owner) => this.#objects.has(owner.uid));
    if (policy === undefined && there.length > 0) {
      // It is no longer said to belong to what is gone.
      if (there.length < owners.length) this.#change(known, { ownerReferences: there });
      return;
    }
    const resource = this.#catalog.byKey(known.resource);
    if (resource === undefined) return;
    const { name, namespace } = known.metadata;
    remove(this.#store, { resource, namespace, name }, { uid, propagationPolicy: 'Background' });
  }

  /** An owner that goes after its dependents: those are deleted, and it goes when none is left. */
  #foreground(uid: string): void {
    const known = this.#objects.get(uid);
    if (known === undefined || !(known.metadata.finalizers ?? []).includes(FOREGROUND)) return;
    const blocking = [...(this.#dependents.get(uid) ?? [])].filter((each) => this.#objects.has(each));
    if (blocking.length === 0) return this.#withoutFinalizer(known, FOREGROUND);
    for (const dependent of blocking) this.#collect(dependent, 'Foreground');
  }

  #orphan(uid: string, dependents: readonly string[]): void {
    for (const dependent of dependents) {
      const known = this.#objects.get(dependent);
      if (known === undefined) continue;
      const owners = (known.metadata.ownerReferences ?? []).filter((owner) => owner.uid !== uid);
      this.#change(known, { ownerReferences: owners.length > 0 ? owners : undefined });
    }
    const owner = this.#objects.get(uid);
    if (owner !== undefined) this.#withoutFinalizer(owner, ORPHAN);
  }

  #withoutFinalizer(known: Known, finalizer: string): void {
    const finalizers = (known.metadata.finalizers ?? []).filter((name) => name !== finalizer);
    this.#change(known, { finalizers: finalizers.length > 0 ? finalizers : undefined });
  }

  #change(
    { resource, metadata: { namespace, name } }: Known,
    part: Partial<Record<keyof Meta, unknown>>,
  ): void {
    const stored = this.#store.shelf(resource).get(namespace, name);
    if (stored === undefined) return;
    const metadata = present({ ...stored.object.metadata, ...part }) as Meta;
    const { deletionTimestamp, deletionGracePeriodSeconds = 0, finalizers } = metadata;
    const over =
      deletionTimestamp !== undefined && deletionGracePeriodSeconds === 0 && finalizers === undefined;
    const object: ApiObject = { ...stored.object, metadata };
    this.#store.commit(resource, over ? 'DELETED' : 'MODIFIED', object, stored);
  }

  /** Deletes what is in a namespace that goes, and the namespace with the last of it. */
  #empty(namespace: string): void {
    let left = 0;
    for (const [key, shelf] of this.#store.shelves()) {
      const resource = this.#catalog.byKey(key);
      if (resource === undefined || !resource.namespaced) continue;
      for (const { object } of shelf.values(namespace)) {
        const { name, deletionTimestamp } = object.metadata;
        const gone =
          deletionTimestamp === undefined && remove(this.#store, { resource, namespace, name }, {}).gone;
        if (!gone) left++;
      }
    }
    if (left > 0) return;
    const shelf = this.#store.shelf(NAMESPACES);
    const stored = shelf.get(undefined, namespace);
    if (stored === undefined) return;
    const { finalizers: _, ...spec } = stored.object.spec ?? {};
    this.#store.commit(NAMESPACES, 'DELETED', { ...stored.object, spec }, stored);
  }

  #finishNamespaces(): void {
    for (const { object } of this.#store.shelf(NAMESPACES).values())
      if (object.metadata.deletionTimestamp !== undefined) this.#empty(object.metadata.name);
  }
}
