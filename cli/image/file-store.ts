/** A store that outlives the process: one small file for each key, in a directory of this user's. */
import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { type Store } from '../../shared/image/store.ts';

/** About as many entries are kept; an entry has some hundred bytes. */
const MOST = 2_000;
/** How often a new entry makes us look whether there are too many. */
const SWEEP_EVERY = 50;

/** Where the entries are: `$XDG_CACHE_HOME/taskflow/images`, by default below `~/.cache`. */
export function cacheDirectory(env: Readonly<Record<string, string | undefined>>): string {
  const base = env['XDG_CACHE_HOME'];
  // As the specification has it, a relative path is ignored.
  return join(base?.startsWith('/') ? base : join(homedir(), '.cache'), 'taskflow/images');
}

/**
 * A cache that cannot be read or written is no reason to fail: then there is none.
 *
 * @param most - about how many entries stay; the ones not used for the longest time go
 */
export function fileStore(directory: string, most = MOST): Store {
  let written = 0;
  // The key is in the file as well: whoever looks into it sees what it is, and a stray file is not believed.
  const path = (key: string): string =>
    join(directory, `${createHash('sha256').update(key).digest('hex').slice(0, 40)}.json`);
  return {
    async get(key) {
      try {
        const file = path(key);
        const entry: unknown = JSON.parse(await readFile(file, 'utf8'));
        if (!isEntry(entry) || entry.key !== key) return undefined;
        await utimes(file, new Date(), new Date()).catch(() => undefined);
        return entry.text;
      } catch {
        return undefined;
      }
    },
    async set(key, text) {
      try {
        await mkdir(directory, { recursive: true, mode: 0o700 });
        const unfinished = `${path(key)}.${process.pid}`;
        await writeFile(unfinished, JSON.stringify({ key, text }), { mode: 0o600 });
        await rename(unfinished, path(key));
        if (written++ % SWEEP_EVERY === 0) await sweep(directory, most);
      } catch {
        // A full or read-only disk.
      }
    },
  };
}

async function sweep(directory: string, most: number): Promise<void> {
  const names = await readdir(directory);
  if (names.length <= most) return;
  const ages = await Promise.all(
    names.map(async (name) => ({ name, used: (await stat(join(directory, name))).mtimeMs })),
  );
  const old = ages.toSorted((a, b) => b.used - a.used).slice(most);
  await Promise.all(old.map(({ name }) => rm(join(directory, name), { force: true })));
}

function isEntry(value: unknown): value is { key: string; text: string } {
  return (
    typeof value === 'object' &&
    value !== null &&
    typeof Reflect.get(value, 'key') === 'string' &&
    typeof Reflect.get(value, 'text') === 'string'
  );
}
