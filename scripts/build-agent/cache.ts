import { createHash, type BinaryLike } from 'node:crypto';
import { access, mkdir, mkdtemp, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';

const SCRATCH = '.tmp-';
/** Older than any build lasts, ms. */
const LEFT_OVER = 3_600_000;

/**
 * Makes the file or directory `path` unless it is there. `make` fills a neighbour of it that is renamed when
 * it is complete: a build that is killed leaves nothing a later one would trust, and of two at once one wins.
 */
export async function makeOnce(path: string, make: (unfinished: string) => Promise<void>): Promise<string> {
  if (await exists(path)) return path;
  await withScratch(dirname(path), async (scratch) => {
    const unfinished = join(scratch, 'unfinished');
    await make(unfinished);
    try {
      await rename(unfinished, path);
    } catch (error) {
      if (!(await exists(path))) throw error;
    }
  });
  return path;
}

/** Runs `use` with an empty directory inside `parent` (made if need be) that is gone afterwards. */
export async function withScratch<T>(parent: string, use: (scratch: string) => Promise<T>): Promise<T> {
  await mkdir(parent, { recursive: true });
  await sweep(parent);
  const scratch = await mkdtemp(join(parent, SCRATCH));
  try {
    return await use(scratch);
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

/** Removes what builds that were killed have left. */
async function sweep(parent: string): Promise<void> {
  for (const name of await readdir(parent)) {
    if (!name.startsWith(SCRATCH)) continue;
    const path = join(parent, name);
    const { mtimeMs } = await stat(path).catch(() => ({ mtimeMs: Date.now() }));
    if (Date.now() - mtimeMs > LEFT_OVER) await rm(path, { recursive: true, force: true });
  }
}

export async function exists(path: string): Promise<boolean> {
  try {
    await access(path);
    return true;
  } catch {
    return false;
  }
}

export function sha256(content: BinaryLike): string {
  return createHash('sha256').update(content).digest('hex');
}

/** The digest of a file, or undefined where there is none. */
export async function fileSha256(path: string): Promise<string | undefined> {
  return (await exists(path)) ? sha256(await readFile(path)) : undefined;
}
