/** First in, first out, in constant time: an array's `shift` moves all that is left of a long one. */
export class Line<Item> {
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
