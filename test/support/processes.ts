/** What /proc says of processes. */
import { readdir, readFile, readlink } from 'node:fs/promises';
import { waitUntil } from './wait-until.ts';

/** The process that `pid` started, once there is one. */
export async function childOf(pid: number | undefined): Promise<number> {
  const children = () => readFile(`/proc/${pid}/task/${pid}/children`, 'utf8').catch(() => '');
  return Number.parseInt(await waitUntil(`process ${pid} has a child`, children), 10);
}

/** Waits until an agent watches for changes: then it hears signals too. */
export async function watching(pid: number | undefined): Promise<void> {
  const descriptors = `/proc/${pid}/fd`;
  await waitUntil(`process ${pid} watches`, async () => {
    const names = await readdir(descriptors).catch(() => []);
    const targets = await Promise.all(
      names.map((name) => readlink(`${descriptors}/${name}`).catch(() => '')),
    );
    return targets.some((target) => target.includes('inotify'));
  });
}

/** The processes one of whose arguments contains `text`. */
export async function processesWith(text: string): Promise<number[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const lines = await Promise.all(
    pids.map((pid) => readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')),
  );
  return pids.filter((_, index) => lines[index]?.includes(text)).map(Number);
}
