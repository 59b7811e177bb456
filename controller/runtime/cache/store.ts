/** What is known of the objects of one type. Pure: it is told what the API server said, and tells what has changed. */
import { compareVersions, type KubeObject } from '../objects.ts';
import { BOUNDS, Budget, type Bounds } from './budget.ts';

export type Change = 'set' | 'deleted';

export interface StoreSettings<T> {
  emit: (object: T, change: Change) => void;
  /** What is kept of an object for which there is no room. Default: all of it. */
  stub?: (object: T) => T;
  /** An object is not kept: there are too many. */
  onLeftOut?: (object: T) => void;
  bounds?: Bounds;
}

/**
 * Objects by namespace and name, each at the newest version that anybody has told of.
 *
 * There are three sources, which overtake each other: lists, watches, and the answers to own writes ({@link put}). Versions
 * put them in order.
 */
export class Store<T extends KubeObject> {
  readonly #objects = new Map<string, T>();
  readonly #emit: (object: T, change: Change) => void;
  readonly #stub: (object: T) => T;
  readonly #onLeftOut: (object: T) => void;
  readonly #budget: Budget;
  /** All that happened up to this version is known here; of what is newer, only some may be. */
  #seen: string | undefined;

  constructor({ emit, stub, onLeftOut, bounds = BOUNDS }: StoreSettings<T>) {
    this.#emit = emit;
    this.#stub = stub ?? ((object) => object);
    this.#onLeftOut = onLeftOut ?? (() => undefined);
    this.#budget = new Budget(bounds);
  }

  get seen(): string | undefined {
    return this.#seen;
  }

  get size(): number {
    return this.#objects.size;
  }

  get(namespace: string | undefined, name: string): T | undefined {
    return this.#objects.get(keyOf(namespace, name));
  }

  values(): Iterable<T> {
    return this.#objects.values();
  }

  /** The answer to an own write. It may come later than the watch's word that the object has been deleted since. */
  put(object: T): void {
    const { namespace, name, resourceVersion } = object.metadata;
    if (this.get(namespace, name) === undefined && isUpTo(resourceVersion, this.#seen)) return;
    this.#set(object);
  }

  /** An event ADDED or MODIFIED. */
  changed(object: T): void {
    this.put(object);
    this.reached(object.metadata.resourceVersion);
  }

  /** An event DELETED, with the object as it was last; its version is that of the deletion. */
  deleted(object: T): void {
    const { namespace, name, resourceVersion } = object.metadata;
    const known = this.get(namespace, name);
    if (known !== undefined && isUpTo(known.metadata.resourceVersion, resourceVersion)) {
      this.#remove(object);
    }
    this.reached(resourceVersion);
  }

  /** Nothing else happened up to this version. */
  reached(version: string | undefined): void {
    if (version !== undefined && !isUpTo(version, this.#seen)) this.#seen = version;
  }

  /** Whether a list of this version says less than what is known: it comes from a server that lags behind. */
  isBehind(version: string): boolean {
    return (compareVersions(version, this.#seen) ?? 0) < 0;
  }

  /**
   * Takes in a list, page by page.
   *
   * @param version - of the list
   * @param believe - whatever is known: versions have begun anew, as they do when etcd is restored from a backup
   */
  list(version: string, { believe }: { believe: boolean }): Listing<T> {
    const listed = new Set<string>();
    return {
      page: (items) => {
        for (const object of items) {
          listed.add(keyOf(object.metadata.namespace, object.metadata.name));
          this.#set(object, believe);
        }
      },
      end: () => {
        for (const [key, known] of this.#objects) {
          // What is newer than the list may have been created since; the watch will tell.
          if (listed.has(key) || (!believe && !isUpTo(known.metadata.resourceVersion, version))) continue;
          this.#remove(known);
        }
        this.#seen = version;
      },
    };
  }

  #set(object: T, believe = false): void {
    const { namespace, name, resourceVersion, uid } = object.metadata;
    const key = keyOf(namespace, name);
    const known = this.#objects.get(key);
    if (known !== undefined) {
      const order = compareVersions(resourceVersion, known.metadata.resourceVersion);
      if (order === 0 || (order !== undefined && order < 0 && !believe)) return;
      // Another object with the same name: the end of the first was missed.
      if (known.metadata.uid !== uid) this.#remove(known);
    }
    if (this.#keep(key, object)) this.#emit(object, 'set');
    else this.#onLeftOut(object);
  }

  /** Keeps less of the same object, or more. */
  replace(object: T): void {
    this.#keep(keyOf(object.metadata.namespace, object.metadata.name), object);
  }

  /** @returns whether there was a place for it */
  #keep(key: string, object: T): boolean {
    const { namespace = '' } = object.metadata;
    const budget = this.#budget;
    if (!this.#objects.has(key) && !budget.hasPlace(namespace)) return false;
    const size = object.stub === true ? 0 : JSON.stringify(object).length;
    const fits = budget.hasRoom(key, namespace, size);
    if (this.#objects.has(key)) budget.leave(key, namespace);
    budget.enter(key, namespace, fits ? size : 0);
    this.#objects.set(key, fits ? object : this.#stub(object));
    return true;
  }

  #remove(object: T): void {
    const { namespace, name } = object.metadata;
    const key = keyOf(namespace, name);
    this.#objects.delete(key);
    this.#budget.leave(key, namespace ?? '');
    this.#emit(object, 'deleted');
  }
}

export interface Listing<T> {
  page(items: readonly T[]): void;
  /** There are no more: what was in none of the pages is gone. */
  end(): void;
}

/** Names and namespaces have no slash. */
function keyOf(namespace: string | undefined, name: string): string {
  return `${namespace ?? ''}/${name}`;
}

/** `a <= b`; not where they cannot be compared. */
function isUpTo(a: string | undefined, b: string | undefined): boolean {
  const order = compareVersions(a, b);
  return order !== undefined && order <= 0;
}
