/** Ends what steps left running: in a pod the end of the container would. */
import { readdir, readFile } from 'node:fs/promises';

/**
 * Kills every process that has `name=value` in the environment it was started with. Only Linux lets one look;
 * elsewhere nothing is done.
 */
export async function killLeftovers(name: string, value: string): Promise<void> {
  const pids = await readdir('/proc').catch(() => []);
  await Promise.all(
    pids
      .filter((pid) => /^\d+$/.test(pid))
      .map(async (pid) => {
        const environment = await readFile(`/proc/${pid}/environ`, 'utf8').catch(() => '');
        if (!environment.split('\0').includes(`${name}=${value}`)) return;
        try {
          process.kill(Number(pid), 'SIGKILL');
        } catch {
          // It ended by itself.
        }
      }),
  );
}
