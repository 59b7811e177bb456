/**
 * How much is kept of the objects of one type. Whoever may create objects decides how many there are and how large they
 * are; here both have an end.
 */

/** What a cache holds at most. A size is that of an object as JSON, in characters: in memory it takes some three times that. */
export interface Bounds {
  /** A larger object is kept as a stub. */
  object: number;
  /** Of all objects together: what does not fit is kept as a stub. */
  size: number;
  /** Of the objects of one namespace together, so that those of others have room. */
  sizeOfNamespace: number;
  /** How many objects, stubs included: what is over is not kept. */
  count: number;
  /** How many of one namespace. */
  countOfNamespace: number;
}

const MI = 1024 * 1024;

export const BOUNDS: Bounds = {
  object: MI / 16,
  size: 16 * MI,
  sizeOfNamespace: 8 * MI,
  count: 50_000,
  countOfNamespace: 25_000,
};

interface Used {
  count: number;
  size: number;
}

/** Keeps count of what is kept. A key is that of an object, a size of 0 that of a stub. */
export class Budget {
  readonly #bounds: Bounds;
  readonly #all: Used = { count: 0, size: 0 };
  readonly #namespaces = new Map<string, Used>();
  /** Of those that are no stubs. */
  readonly #sizes = new Map<string, number>();

  constructor(bounds: Bounds) {
    this.#bounds = bounds;
  }

  /** Whether one more object is kept at all. */
  hasPlace(namespace: string): boolean {
    const { count, countOfNamespace } = this.#bounds;
    return this.#all.count < count && this.#of(namespace).count < countOfNamespace;
  }

  /** Whether an object is kept whole, in place of what is kept of it now. */
  hasRoom(key: string, namespace: string, size: number): boolean {
    const more = size - (this.#sizes.get(key) ?? 0);
    const bounds = this.#bounds;
    return (
      size <= bounds.object &&
      this.#all.size + more <= bounds.size &&
      this.#of(namespace).size + more <= bounds.sizeOfNamespace
    );
  }

  enter(key: string, namespace: string, size: number): void {
    this.#add(namespace, 1, size);
    if (size > 0) this.#sizes.set(key, size);
  }

  leave(key: string, namespace: string): void {
    this.#add(namespace, -1, -(this.#sizes.get(key) ?? 0));
    this.#sizes.delete(key);
  }

  #of(namespace: string): Used {
    return this.#namespaces.get(namespace) ?? { count: 0, size: 0 };
  }

  #add(namespace: string, count: number, size: number): void {
    this.#all.count += count;
    this.#all.size += size;
    const own = this.#of(namespace);
    if (own.count + count === 0) this.#namespaces.delete(namespace);
    else this.#namespaces.set(namespace, { count: own.count + count, size: own.size + size });
  }
}
