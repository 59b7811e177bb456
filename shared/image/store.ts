/** Where a lookup keeps what it learned. */
import { Lru } from './lru.ts';

/** Texts by key. What it cannot give back is simply looked up again: it never throws. */
export interface Store {
  get(key: string): Promise<string | undefined>;
  set(key: string, text: string): Promise<void>;
}

/** In memory, and bounded: what was not used for the longest time goes. */
export function memoryStore(most = 5_000): Store {
  const entries = new Lru<string>(most);
  return {
    get: (key) => Promise.resolve(entries.get(key)),
    set: (key, text) => Promise.resolve(entries.set(key, text)),
  };
}
