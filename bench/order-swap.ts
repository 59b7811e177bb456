/** From the kubelet's swap of `..data` to the first instruction of the command that the order releases. */
import { renameSync } from 'node:fs';
import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { agents } from './harness/agents.ts';
import { withPlace, type Place } from './harness/place.ts';
import { compile } from './harness/programs.ts';
import { type Row } from './harness/row.ts';
import { now } from './harness/time.ts';
import { startWaiting } from './harness/waiting-agents.ts';
import { spawnedByShell, spawnedHere } from './starters.ts';

const TRIALS = 100;

export async function orderSwap(): Promise<Row[]> {
  return withPlace(async (place) => {
    const stamp = await compile(place, 'stamp');
    const swapped: number[] = [];
    const here: number[] = [];
    const shell: number[] = [];
    for (let trial = 0; trial < TRIALS; trial++) {
      swapped.push(await trialOf(place, stamp));
      here.push(await spawnedHere(stamp));
      shell.push(await spawnedByShell(place, stamp));
    }
    const row = { what: 'order swap, static agent', unit: 'ms', samples: swapped } as const;
    return [
      {
        ...row,
        than: { what: 'spawned by the bench itself', samples: here },
        budgets: [{ of: 'median', atMost: 3 }],
      },
      { ...row, than: { what: 'spawned by a shell in `read`', samples: shell } },
    ];
  });
}

async function trialOf(place: Place, stamp: string): Promise<number> {
  const volume = join(place.directory, `podinfo-${now()}`);
  await mkdir(volume);
  await symlink('..data/order', join(volume, 'order'));
  const [tool, ...before] = agents.static.command;
  const flags = ['--wait', join(volume, 'order'), '--waitcontent', '1', '--command', stamp];

  (await prepare(volume, '0'))();
  const { output } = await startWaiting(place, agents.static, [tool, ...before, ...flags], 1);
  const swap = await prepare(volume, '1');
  // The agent has looked at what that changed, and waits again.
  await sleep(20);
  const start = now();
  swap();
  return Number(await output) / 1e6 - start;
}

/** Everything that the kubelet's atomic writer does before the rename, which is what it returns. */
async function prepare(volume: string, order: string): Promise<() => void> {
  const fresh = `..2026_01_01_00_00_00.${order}`;
  await mkdir(join(volume, fresh));
  await writeFile(join(volume, fresh, 'order'), order);
  await symlink(fresh, join(volume, '..data_tmp'));
  return () => renameSync(join(volume, '..data_tmp'), join(volume, '..data'));
}
