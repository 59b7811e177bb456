/** Two other ways to get a program going, as a measure for what an agent takes: both in milliseconds. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Place } from './harness/place.ts';
import { now } from './harness/time.ts';

/**
 * This very program spawns it: from the call to the program's first instruction. Not by execa, whose own work on
 * the way would flatter the agent.
 */
export async function spawnedHere(stamp: string): Promise<number> {
  const start = now();
  const child = spawn(stamp, { stdio: ['ignore', 'pipe', 'inherit'] });
  let stamped = '';
  child.stdout.on('data', (chunk: Buffer) => (stamped += chunk.toString()));
  await once(child, 'close');
  return Number(stamped) / 1e6 - start;
}

/** A shell that waits in a read and then forks: as quick as a waiter that knows nothing of files can be. */
export async function spawnedByShell(place: Place, stamp: string): Promise<number> {
  const shell = place.start(['sh', '-c', `read -r go; '${stamp}'; :`]);
  await sleep(20);
  const start = now();
  shell.write('\n');
  return Number(await shell.output) / 1e6 - start;
}
