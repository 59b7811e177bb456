/** What the reading of a long list leaves in memory. */

/** Objects that are read from one collection to the next: some 10 MB as JSON. */
const READ = 1_000;

/**
 * Counts the objects that were read, and has the memory of a thousand of them collected at once. V8 by itself waits until the
 * heap is several times what is in use; of ten thousand objects that are read and mostly dropped, that stays resident.
 * Only Node with `--expose-gc` can collect when it is told to; without, nothing is done.
 *
 * @example
 * const read = collector();
 * for (const page of pages) read(page.items.length);
 */
export function collector(collect: () => void = () => globalThis.gc?.()): (count: number) => void {
  let left = READ;
  return (count) => {
    left -= count;
    if (left > 0) return;
    left = READ;
    collect();
  };
}
