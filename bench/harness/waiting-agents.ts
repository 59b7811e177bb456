/** Agents, started and left to wait. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Agent, type Command } from './agents.ts';
import { type Place, type Started } from './place.ts';
import { watches } from './proc.ts';
import { now, until } from './time.ts';

/** Starts one agent and returns it once it waits. */
export async function startWaiting(
  place: Place,
  agent: Agent,
  command: Command,
  directories: number,
): Promise<Started> {
  const started = place.start(command);
  await untilWaiting([started.pid], agent, directories);
  return started;
}

/**
 * Starts many agents from one shell and returns their process ids once all wait. So the end of each costs this
 * program nothing, which would otherwise run in the midst of what it measures.
 */
export async function startAllWaiting(
  place: Place,
  agent: Agent,
  commands: readonly Command[],
): Promise<readonly number[]> {
  const pids = join(place.directory, `pids-${now()}`);
  const lines = commands.map((command) => `${command.map(quote).join(' ')} </dev/null & echo $! >>${pids}\n`);
  // The shell stays until the last of them is taken in, also when the whole group is told to end.
  const script = `trap : TERM\n${lines.join('')}mv ${pids} ${pids}.all\nwait\nwait\n`;
  place.start(['sh', '-c', script]);
  let all: readonly number[] = [];
  await until('the shell starts the agents', async () => {
    const text = await readFile(`${pids}.all`, 'utf8').catch(() => '');
    all = text.trim().split('\n').filter(Boolean).map(Number);
    return all.length === commands.length;
  });
  await untilWaiting(all, agent, 1);
  return all;
}

async function untilWaiting(pids: readonly number[], agent: Agent, directories: number): Promise<void> {
  for (const pid of pids)
    await until(`agent ${pid} watches`, async () => (await watches(pid)) >= directories);
  await sleep(agent.settle);
}

function quote(word: string): string {
  return `'${word.replaceAll("'", `'\\''`)}'`;
}
