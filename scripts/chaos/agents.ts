/** The agents of steps, where their node is this machine. */
import { readdir, readFile } from 'node:fs/promises';
import { MARK } from './task.ts';

/**
 * Kills the agent of a step, and with it the container.
 *
 * @returns whether there was one
 */
export async function killAgent(task: string, step: string): Promise<boolean> {
  const marked = await processesWith(`${MARK}=${task}/${step}`);
  // The command inherits the variable: its agent is the one whose parent does not have it.
  const agent = marked.find(({ parent }) => !marked.some(({ pid }) => pid === parent));
  if (agent === undefined) return false;
  try {
    process.kill(agent.pid, 'SIGKILL');
    return true;
  } catch {
    return false;
  }
}

async function processesWith(variable: string): Promise<{ pid: number; parent: number }[]> {
  const names = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const found = await Promise.all(
    names.map(async (name) => {
      const environment = await readFile(`/proc/${name}/environ`, 'utf8').catch(() => '');
      if (!environment.split('\0').includes(variable)) return [];
      const status = await readFile(`/proc/${name}/status`, 'utf8').catch(() => '');
      return [{ pid: Number(name), parent: Number(/^PPid:\s+(\d+)$/m.exec(status)?.[1]) }];
    }),
  );
  return found.flat();
}
