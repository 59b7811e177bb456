/** What ties agents to their run, however it ends: a pipe that nobody but the run can write to. */
import { closeSync, constants, openSync } from 'node:fs';
import { lstat, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { geteuid } from 'node:process';
import { layoutAt, parentDirectory, PREFIX, type Layout } from './layout.ts';
import { makePipes, openPipe } from './pipes.ts';
import { removeTree } from './remove.ts';

export interface Lifeline {
  /** For agents; at its end of file they end their commands, and begin none. */
  read: number;
  /** Brings that end; the end of this process does too. */
  cut: () => void;
  /** Cuts it, and shows that the run needs its directory no more. */
  close: () => void;
}

/**
 * Makes the lifeline of a run. Under its name nobody finds it before it is open.
 *
 * @param isKept - whether the run's directory is to stay: then nobody is to find out that the run is over
 */
export async function openLifeline({ lifeline }: Layout, isKept: boolean): Promise<Lifeline> {
  const made = `${lifeline}.new`;
  await makePipes([made]);
  const { read, write } = openPipe(made);
  if (isKept) await rm(made);
  else await rename(made, lifeline);
  let isCut = false;
  const cut = (): void => {
    if (!isCut) closeSync(write);
    isCut = true;
  };
  return {
    read,
    cut,
    close() {
      cut();
      closeSync(read);
    },
  };
}

/** Removes what killed runs have left: this user's directories whose lifeline no process has open any more. */
export async function removeDeadRuns(): Promise<void> {
  const parent = parentDirectory();
  const names = await readdir(parent).catch(() => []);
  for (const name of names.filter((each) => each.startsWith(PREFIX))) {
    const root = join(parent, name);
    if ((await isOurs(root)) && isSevered(layoutAt(root).lifeline)) await removeTree(root);
  }
}

async function isOurs(directory: string): Promise<boolean> {
  const found = await lstat(directory).catch(() => undefined);
  return found?.isDirectory() === true && found.uid === geteuid?.();
}

/** The run and its agents have it open for reading, and a FIFO that nobody reads takes no writer. */
function isSevered(path: string): boolean {
  try {
    closeSync(openSync(path, constants.O_WRONLY | constants.O_NONBLOCK | constants.O_NOFOLLOW));
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ENXIO';
  }
}
