/** Ends processes of steps at once. Only Linux shows them; elsewhere nothing is done. */
import { readdir, readFile } from 'node:fs/promises';

interface Process {
  pid: number;
  parent: number;
  session: number;
}

/** How often it is looked for processes that were started while the others were killed. */
const ROUNDS = 10;

/** Kills everything that these agents have started, and leaves them to say how it ended. */
export async function killDescendants(agents: readonly number[]): Promise<void> {
  await killAll((processes) => {
    const family = new Set(agents);
    // A child may be listed before its parent: its number is lower where the numbers have begun anew.
    for (let size = 0; size < family.size;) {
      size = family.size;
      for (const { pid, parent } of processes) if (family.has(parent)) family.add(pid);
    }
    return processes.filter(({ pid }) => family.has(pid) && !agents.includes(pid));
  });
}

/** Kills what is left of the session of an agent that is over. What has made itself another session stays. */
export async function killSession(agent: number): Promise<void> {
  await killAll((processes) => processes.filter(({ session }) => session === agent));
}

async function killAll(choose: (processes: readonly Process[]) => readonly Process[]): Promise<void> {
  for (let round = 0; round < ROUNDS; round++) {
    const chosen = choose(await running());
    if (chosen.length === 0) return;
    for (const { pid } of chosen) {
      try {
        process.kill(pid, 'SIGKILL');
      } catch {
        // It ended by itself, or is another user's.
      }
    }
  }
}

async function running(): Promise<Process[]> {
  const pids = await readdir('/proc').catch(() => []);
  const stats = await Promise.all(
    pids
      .filter((pid) => /^\d+$/.test(pid))
      .map(async (pid) => ({ pid, stat: await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '') })),
  );
  return stats.flatMap(({ pid, stat }) => {
    // The name before these fields may hold spaces and parentheses: state, parent, group, session.
    const [state, parent, , session] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    if (state === undefined || state === '' || 'ZX'.includes(state)) return [];
    return [{ pid: Number(pid), parent: Number(parent), session: Number(session) }];
  });
}
