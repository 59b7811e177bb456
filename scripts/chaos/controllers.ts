/** The controllers of a campaign, and what becomes of them. */
import { spawn } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Random } from '../../test/controller/chaos/random.ts';

/** What it takes to start a controller, as one sees it from outside. */
export interface Starter {
  /** A process that ends only by a signal. */
  start: () => {
    pid?: number | undefined;
    kill: (signal: NodeJS.Signals) => unknown;
    ended: Promise<unknown>;
  };
}

/** How long nothing happens between two misfortunes, ms. */
const QUIET = { from: 2_000, to: 10_000 };
/** Longer than the lease of the campaign's controllers, at most. */
const FREEZE = { from: 300, to: 8_000 };

export const LEASE_FLAGS = [
  ...['--leader-elect-lease-duration', '5s', '--leader-elect-renew-deadline', '4s'],
  ...['--leader-elect-retry-period', '500ms'],
];

/**
 * Keeps two controllers running, as a Deployment does, and kills or freezes one again and again, until the signal.
 *
 * @param troubleServer - a command that takes the API server away for a while, should there be one
 * @returns how often what happened
 */
export async function torment(
  { start }: Starter,
  random: Random,
  { signal, troubleServer }: { signal: AbortSignal; troubleServer?: string | undefined },
): Promise<Readonly<Record<'killed' | 'frozen' | 'server', number>>> {
  const count = { killed: 0, frozen: 0, server: 0 };
  const running = [start(), start()];
  while (!signal.aborted) {
    await pause(random.between(QUIET.from, QUIET.to), signal);
    if (signal.aborted) break;
    const index = random.between(0, 1);
    const one = running[index];
    const what = random.pick(['kill', 'kill', 'freeze', troubleServer === undefined ? 'kill' : 'server']);
    if (what === 'server' && troubleServer !== undefined) {
      count.server += 1;
      await run(troubleServer);
    } else if (what === 'freeze') {
      count.frozen += 1;
      one?.kill('SIGSTOP');
      await pause(random.between(FREEZE.from, FREEZE.to), signal);
      one?.kill('SIGCONT');
    } else {
      count.killed += 1;
      one?.kill('SIGKILL');
      await one?.ended;
      running[index] = start();
    }
  }
  for (const each of running) each.kill('SIGKILL');
  await Promise.all(running.map(({ ended }) => ended));
  return count;
}

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await sleep(ms, undefined, { signal }).catch(() => undefined);
}

async function run(command: string): Promise<void> {
  const child = spawn('sh', ['-c', command], { stdio: 'ignore' });
  await new Promise((resolve) => child.once('exit', resolve));
}
