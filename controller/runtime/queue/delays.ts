/** Keys that are to come up later, the earliest first: a binary heap that knows where each key is. */

interface Entry {
  key: string;
  /** On the queue's clock, ms. */
  due: number;
}

/** Each key is in it at most once, so that it never holds more than there are keys. All but `due` are O(log n). */
export class Delays {
  readonly #heap: Entry[] = [];
  readonly #places = new Map<string, number>();

  /** Puts a key in, or moves it forward; a key that comes up earlier anyway stays where it is. */
  add(key: string, due: number): void {
    const place = this.#places.get(key);
    const known = place === undefined ? undefined : this.#heap[place];
    if (place === undefined || known === undefined) {
      this.#heap.push({ key, due });
      this.#rise({ key, due }, this.#heap.length - 1);
    } else if (due < known.due) {
      this.#rise({ key, due }, place);
    }
  }

  /** Takes out the earliest key if it is due. */
  take(now: number): string | undefined {
    const first = this.#heap[0];
    if (first === undefined || first.due > now) return undefined;
    const last = this.#heap.pop();
    this.#places.delete(first.key);
    if (last !== undefined && last !== first) this.#sink(last, 0);
    return first.key;
  }

  /** When the earliest key is due, ms. */
  get due(): number | undefined {
    return this.#heap[0]?.due;
  }

  get size(): number {
    return this.#heap.length;
  }

  #rise(entry: Entry, from: number): void {
    let place = from;
    while (place > 0) {
      const above = (place - 1) >> 1;
      const parent = this.#heap[above];
      if (parent === undefined || parent.due <= entry.due) break;
      this.#set(place, parent);
      place = above;
    }
    this.#set(place, entry);
  }

  #sink(entry: Entry, from: number): void {
    let place = from;
    for (;;) {
      const [left, right] = [2 * place + 1, 2 * place + 2];
      const below = (this.#heap[right]?.due ?? Infinity) < (this.#heap[left]?.due ?? Infinity) ? right : left;
      const child = this.#heap[below];
      if (child === undefined || child.due >= entry.due) break;
      this.#set(place, child);
      place = below;
    }
    this.#set(place, entry);
  }

  #set(place: number, entry: Entry): void {
    this.#heap[place] = entry;
    this.#places.set(entry.key, place);
  }
}
