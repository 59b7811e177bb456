/** First in, first out, in constant time: an array's `shift` moves all that is left of a long one. */
class Line<Item> {
  #in: Item[] = [];
  #out: Item[] = [];

  push(item: Item): void {
    this.#in.push(item);
  }

  shift(): Item | undefined {
    if (this.#out.length === 0) {
      this.#out = this.#in.toReversed();
      this.#in = [];
    }
    return this.#out.pop();
  }

  get size(): number {
    return this.#in.length + this.#out.length;
  }
}

/**
 * A line for each namespace, which take turns: who has ten thousand keys in line delays nobody else's one.
 *
 * @example [push('a/1'), push('a/2'), push('b/1')] // comes out as a/1, b/1, a/2
 */
export class FairLine {
  /** In the order of their turns. None is empty. */
  readonly #lines = new Map<string, Line<string>>();
  #size = 0;

  push(key: string): void {
    const namespace = namespaceOf(key);
    const line = this.#lines.get(namespace) ?? new Line<string>();
    if (line.size === 0) this.#lines.set(namespace, line);
    line.push(key);
    this.#size++;
  }

  shift(): string | undefined {
    for (const [namespace, line] of this.#lines) {
      // Its next turn comes after those of all others.
      this.#lines.delete(namespace);
      const key = line.shift();
      if (line.size > 0) this.#lines.set(namespace, line);
      this.#size--;
      return key;
    }
    return undefined;
  }

  get size(): number {
    return this.#size;
  }
}

/** The part of a key before its slash; empty where there is none. */
export function namespaceOf(key: string): string {
  return key.slice(0, Math.max(0, key.indexOf('/')));
}
