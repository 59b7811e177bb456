/** A step of a local run that is held: from the question of `taskflow resume` to the first instruction of its command. */
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execPath } from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';
import { stringify } from 'yaml';
import { ask } from '../cli/run/resume-socket.ts';
import { agents, CLI } from './harness/agents.ts';
import { withPlace } from './harness/place.ts';
import { compile } from './harness/programs.ts';
import { type Row } from './harness/row.ts';
import { now, until } from './harness/time.ts';
import { spawnedHere } from './starters.ts';

const TRIALS = 50;

export async function resume(): Promise<Row[]> {
  return withPlace(async (place) => {
    const stamp = await compile(place, 'stamp');
    const temporary = join(place.directory, 'tmp');
    const file = join(place.directory, 'held.yaml');
    const step = { name: 'held', image: 'busybox', command: [stamp], pause: ['Before', 'After'] };
    await mkdir(temporary);
    await writeFile(
      file,
      stringify({
        apiVersion: 'api.practice.com/v1alpha1',
        kind: 'Task',
        metadata: { name: 'bench' },
        spec: { steps: [step] },
      }),
    );
    const run = [execPath, CLI, 'run', '--agent', agents.static.command[0], '--output', 'json', file];
    const { output } = place.start(['env', `TMPDIR=${temporary}`, ...run]);
    await until('the run has a directory', async () => (await readdir(temporary)).length > 0);
    const root = join(temporary, (await readdir(temporary))[0] ?? '');
    const isHeld = async (hold: number): Promise<boolean> =>
      (await readFile(join(root, 'run/1/held'), 'utf8').catch(() => '')).includes(`"number":${hold},`);

    const asked: number[] = [];
    const here: number[] = [];
    for (let hold = 1; hold <= TRIALS; hold++) {
      await until('it is held', () => isHeld(hold));
      here.push(await spawnedHere(stamp));
      // The run has heard of it, and waits again.
      await sleep(50);
      asked.push(now());
      await ask(root, { action: hold === 1 ? 'Continue' : 'Retry' });
    }
    await until('it is held', () => isHeld(TRIALS + 1));
    await sleep(50);
    await ask(root, { action: 'Continue' });
    const events = (await output)
      .split('\n')
      .map((line) => JSON.parse(line) as { type: string; stream: string; line: string });
    const stamps = events.flatMap(({ type, stream, line }) =>
      type === 'Log' && stream === 'stdout' ? Number(line) / 1e6 : [],
    );
    return [
      {
        what: 'Resume to command, local run, static agent',
        unit: 'ms',
        samples: asked.map((at, index) => (stamps[index] ?? Infinity) - at),
        than: { what: 'spawned by the bench itself', samples: here },
        budgets: [{ of: 'median', atMost: 20 }],
      },
    ];
  });
}
