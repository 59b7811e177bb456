import { chmod, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { SystemError } from '../../shared/turn/errors.ts';

/**
 * Removes a run's directory, whatever its steps made of it. Says what could not be removed, and why: that changes
 * nothing of how the run ended.
 */
export async function removeTree(root: string): Promise<string | undefined> {
  try {
    await remove(root).catch(async () => {
      // A directory without the right to write keeps what is in it (Go's module cache consists of such).
      await openUp(root);
      await remove(root);
    });
    return undefined;
  } catch (error) {
    const { code = 'EIO', path = root } = error as NodeJS.ErrnoException;
    // Of a file that it may not remove, Node says what came of its second try, to remove a directory.
    const { message } = new SystemError(code === 'ENOTDIR' ? 'EPERM' : code, path);
    return `cannot remove ${message}; it is left for you to remove`;
  }
}

const remove = async (path: string): Promise<void> =>
  rm(path, { recursive: true, force: true, maxRetries: 3 });

/** Gives this user every right to every directory in the tree that is his. */
async function openUp(directory: string): Promise<void> {
  await chmod(directory, 0o700).catch(() => undefined);
  const entries = await readdir(directory, { withFileTypes: true }).catch(() => []);
  for (const entry of entries) if (entry.isDirectory()) await openUp(join(directory, entry.name));
}
