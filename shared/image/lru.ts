/** A map that forgets what was not used for the longest time. */
export class Lru<Value> {
  readonly #entries = new Map<string, Value>();
  readonly #most: number;
  readonly #bound: { size: number; sizeOf: (value: Value) => number };
  #size = 0;

  /**
   * @param most - how many entries it holds
   * @param bound - how large all of them may be together. Default: whatever they are
   */
  constructor(
    most: number,
    bound: { size: number; sizeOf: (value: Value) => number } = { size: 0, sizeOf: () => 0 },
  ) {
    this.#most = most;
    this.#bound = bound;
  }

  get(key: string): Value | undefined {
    const value = this.#entries.get(key);
    if (value === undefined) return undefined;
    this.#entries.delete(key);
    this.#entries.set(key, value);
    return value;
  }

  set(key: string, value: Value): void {
    this.delete(key);
    this.#entries.set(key, value);
    this.#size += this.#bound.sizeOf(value);
    for (const oldest of this.#entries.keys()) {
      if (this.#entries.size <= this.#most && this.#size <= this.#bound.size) return;
      this.delete(oldest);
    }
  }

  delete(key: string): void {
    const value = this.#entries.get(key);
    if (value === undefined) return;
    this.#entries.delete(key);
    this.#size -= this.#bound.sizeOf(value);
  }

  get size(): number {
    return this.#entries.size;
  }
}
