/** What /proc says about a process. */
import { readdir, readFile } from 'node:fs/promises';
import { sum } from './statistics.ts';

export interface Memory {
  /** Bytes resident, shared pages included. */
  rss: number;
  /** Bytes resident, each shared page divided by those who share it. */
  pss: number;
}

/** Counted page by page: `VmRSS` in /proc/PID/status may be some hundred KB off, since Linux 6.2 by design. */
export async function memory(pid: number): Promise<Memory> {
  const text = await readFile(`/proc/${pid}/smaps_rollup`, 'utf8');
  return { rss: kilobytes(text, 'Rss'), pss: kilobytes(text, 'Pss') };
}

/** How often all threads of a process went to sleep, and so were woken. */
export async function wakeUps(pid: number): Promise<number> {
  return sumOfThreads(pid, 'status', (text) => Number(/^voluntary_ctxt_switches:\s+(\d+)/m.exec(text)?.[1]));
}

/** Milliseconds on a CPU, all threads together. */
export async function cpuTime(pid: number): Promise<number> {
  return sumOfThreads(pid, 'schedstat', (text) => Number(text.split(' ')[0]) / 1e6);
}

/** How many directories and files a process watches by inotify. */
export async function watches(pid: number): Promise<number> {
  const folder = `/proc/${pid}/fdinfo`;
  const infos = await Promise.all(
    // A descriptor may be closed before it is read.
    (await readdir(folder)).map((fd) => readFile(`${folder}/${fd}`, 'utf8').catch(() => '')),
  );
  return sum(infos.map((text) => text.match(/^inotify wd:/gm)?.length ?? 0));
}

/** @example kilobytes('Rss:     640 kB\n', 'Rss') // 655_360 */
export function kilobytes(text: string, name: string): number {
  const found = new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(text);
  if (found === null) throw new Error(`/proc tells no ${name}`);
  return Number(found[1]) * 1024;
}

async function sumOfThreads(pid: number, file: string, read: (text: string) => number): Promise<number> {
  const folder = `/proc/${pid}/task`;
  const threads = await readdir(folder);
  return sum(
    await Promise.all(threads.map(async (id) => read(await readFile(`${folder}/${id}/${file}`, 'utf8')))),
  );
}
