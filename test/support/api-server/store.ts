/** What is stored: one counter of versions, objects by resource, namespace and name, and what happened to them. */
import { keyOf, type ApiObject } from './object.ts';
import { type ResourceKey } from './resource.ts';
import { expired, StatusError } from './status.ts';

/** What etcd takes at most as one object, in bytes. */
const MAX_OBJECT = 1.5 * 1024 * 1024;

/** One state of an object. It is turned into JSON once, however many ask for it. */
export class Version {
  readonly object: ApiObject;
  #json: string | undefined;

  constructor(object: ApiObject) {
    this.object = object;
  }

  get number(): number {
    return Number(this.object.metadata.resourceVersion);
  }

  get json(): string {
    return (this.#json ??= JSON.stringify(this.object));
  }
}

export type ChangeType = 'ADDED' | 'MODIFIED' | 'DELETED';

/** Something that happened to one object. */
export class Change {
  readonly number: number;
  readonly type: ChangeType;
  readonly now: Version;
  readonly before: Version | undefined;
  readonly #lines = new Map<ChangeType, Buffer>();

  constructor(type: ChangeType, now: Version, before: Version | undefined) {
    this.number = now.number;
    this.type = type;
    this.now = now;
    this.before = before;
  }

  /** The line of a watch that tells of it; made once for all watches. */
  line(type: ChangeType): Buffer {
    let line = this.#lines.get(type);
    if (line === undefined) {
      line = Buffer.from(`{"type":"${type}","object":${this.#shown(type)}}\n`);
      this.#lines.set(type, line);
    }
    return line;
  }

  /** All who watch have been told; a later one has the line made again. */
  release(): void {
    this.#lines.clear();
  }

  /** To who no longer sees an object it is shown as it last was, with the version of the change. */
  #shown(type: ChangeType): string {
    if (type !== 'DELETED' || this.type === 'DELETED' || this.before === undefined) return this.now.json;
    const { object } = this.before;
    const { resourceVersion } = this.now.object.metadata;
    return JSON.stringify({ ...object, metadata: { ...object.metadata, resourceVersion } });
  }
}

interface Keyed {
  key: string;
  each: Version;
}

type Listener = (change: Change) => void;

/** All objects of one resource. */
export class Shelf {
  readonly #namespaces = new Map<string, Map<string, Version>>();
  readonly #limit: number;
  #ordered: { as: number; namespace: string | undefined; keyed: readonly Keyed[] } | undefined;
  /** The last changes, oldest first. */
  history: Change[] = [];
  /** Changes up to this version are forgotten. */
  forgotten = 0;
  readonly listeners = new Set<Listener>();

  constructor(limit: number) {
    this.#limit = limit;
  }

  get(namespace: string | undefined, name: string): Version | undefined {
    return this.#namespaces.get(namespace ?? '')?.get(name);
  }

  /** In no order. */
  values(namespace?: string): Version[] {
    if (namespace !== undefined) return [...(this.#namespaces.get(namespace)?.values() ?? [])];
    return [...this.#namespaces.values()].flatMap((objects) => [...objects.values()]);
  }

  /** Another reading of what is stored: no change, and no new version. */
  reread(version: Version): void {
    this.#put(version);
  }

  apply(change: Change): void {
    this.#ordered = undefined;
    const { namespace = '', name } = change.now.object.metadata;
    if (change.type === 'DELETED') this.#namespaces.get(namespace)?.delete(name);
    else this.#put(change.now);
    this.history.push(change);
    // By halves, so that it costs nothing most of the time.
    if (this.history.length > 2 * this.#limit) this.forget(this.#limit);
    for (const listener of this.listeners) listener(change);
    change.release();
  }

  /** Keeps the last `count` changes only. */
  forget(count: number): void {
    const gone = this.history.splice(0, Math.max(0, this.history.length - count));
    this.forgotten = Math.max(this.forgotten, gone.at(-1)?.number ?? 0);
  }

  /**
   * The objects as they were at a version: the changes since then, undone.
   *
   * @throws {StatusError} 410 when the history does not reach back so far.
   */
  at(number: number, namespace: string | undefined): Version[] {
    if (number < this.forgotten) throw expired(`too old resource version: ${number} (${this.forgotten})`);
    const past = new Map(this.values(namespace).map((version) => [keyOf(version.object.metadata), version]));
    for (const change of this.history.toReversed()) {
      if (change.number <= number) break;
      const key = keyOf(change.now.object.metadata);
      if (namespace !== undefined && change.now.object.metadata.namespace !== namespace) continue;
      if (change.before === undefined) past.delete(key);
      else past.set(key, change.before);
    }
    return [...past.values()];
  }

  /** The same with their keys, in the order of these. Many pages are made of one. */
  inOrder(number: number, namespace: string | undefined): readonly Keyed[] {
    const last = this.history.at(-1)?.number ?? 0;
    const as = Math.min(number, Math.max(last, this.forgotten));
    if (this.#ordered?.as !== as || this.#ordered.namespace !== namespace) {
      const objects = as >= last ? this.values(namespace) : this.at(as, namespace);
      const keyed = objects
        .map((each) => ({ each, key: keyOf(each.object.metadata) }))
        .toSorted((a, b) => (a.key < b.key ? -1 : 1));
      this.#ordered = { as, namespace, keyed };
    }
    return this.#ordered.keyed;
  }

  #put(version: Version): void {
    this.#ordered = undefined;
    const { namespace = '', name } = version.object.metadata;
    let objects = this.#namespaces.get(namespace);
    if (objects === undefined) this.#namespaces.set(namespace, (objects = new Map()));
    objects.set(name, version);
  }
}

export class Store {
  readonly #shelves = new Map<ResourceKey, Shelf>();
  readonly #history: number;
  #version: number;
  /** Told of every change, after the watches. */
  readonly listeners = new Set<(resource: ResourceKey, change: Change) => void>();

  constructor({ history, firstVersion }: { history: number; firstVersion: number }) {
    this.#history = history;
    this.#version = firstVersion;
  }

  /** The version of the last change. */
  get version(): number {
    return this.#version;
  }

  /** A version at which nothing happened here, as when others use the same etcd. */
  skip(): void {
    this.#version++;
  }

  shelf(resource: ResourceKey): Shelf {
    let shelf = this.#shelves.get(resource);
    if (shelf === undefined) {
      shelf = new Shelf(this.#history);
      // A change at or before this version cannot have been seen by anybody.
      shelf.forgotten = this.#version;
      this.#shelves.set(resource, shelf);
    }
    return shelf;
  }

  shelves(): Iterable<[ResourceKey, Shelf]> {
    return this.#shelves.entries();
  }

  /**
   * Stores a new state, or removes the object in its last state, and tells everybody; nothing of it in a dry run.
   *
   * @throws {StatusError} 500 when it is larger than etcd allows.
   */
  commit(
    resource: ResourceKey,
    type: ChangeType,
    object: ApiObject,
    before: Version | undefined,
    dryRun = false,
  ): Version {
    const resourceVersion = String(this.#version + 1);
    const version = new Version({ ...object, metadata: { ...object.metadata, resourceVersion } });
    if (version.json.length > MAX_OBJECT)
      throw new StatusError(500, undefined, 'etcdserver: request is too large');
    if (dryRun) return version;
    this.#version++;
    const change = new Change(type, version, before);
    this.shelf(resource).apply(change);
    for (const listener of this.listeners) listener(resource, change);
    return version;
  }
}
