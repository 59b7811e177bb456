/** Where a lookup keeps what it learned. */
import { Lru } from './lru.ts';

/** Texts by key. What it cannot give back is simply looked up again: it never throws. */
export interface Store {
  get(key: string): Promise<string | undefined>;
  set(key: string, text: string): Promise<void>;
}

/** What is kept in memory, in characters. */
const MAX_SIZE = 16 * 1024 * 1024;

/** In memory, and bounded in number and size: what was not used for the longest time goes. */
export function memoryStore(most = 5_000, size = MAX_SIZE): Store {
  const entries = new Lru<string>(most, { size, sizeOf: (text) => text.length });
  return {
    get: (key) => Promise.resolve(entries.get(key)),
    set: (key, text) => Promise.resolve(entries.set(key, text)),
  };
}
