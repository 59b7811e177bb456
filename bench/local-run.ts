/** `taskflow run`, as a person types it: wall time, the start of the CLI included. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execPath } from 'node:process';
import { stringify } from 'yaml';
import { agents, CLI } from './harness/agents.ts';
import { withPlace, type Place } from './harness/place.ts';
import { TRUE } from './harness/programs.ts';
import { type Row } from './harness/row.ts';
import { now } from './harness/time.ts';
import { loopOf } from './shell-loop.ts';

const ROUNDS = 7;
const STEPS = 100;

export async function localRun(): Promise<Row[]> {
  return withPlace(async (place) => {
    const many = await manifest(place, STEPS);
    const one = await manifest(place, 1);
    const times = { many: [] as number[], one: [] as number[], loop: [] as number[] };
    for (let round = 0; round < ROUNDS; round++) {
      times.loop.push((await loopOf(place, STEPS)) * STEPS);
      times.many.push(await runOf(place, many));
      times.one.push(await runOf(place, one));
    }
    const unit = 'ms';
    const row = { what: `taskflow run, ${STEPS} steps`, unit, samples: times.many } as const;
    return [
      { ...row, than: { what: `a shell loop of ${STEPS} ${TRUE}`, samples: times.loop } },
      { ...row, than: { what: 'taskflow run, 1 step', samples: times.one } },
    ];
  });
}

async function runOf(place: Place, file: string): Promise<number> {
  const start = now();
  await place.run([execPath, CLI, 'run', '--agent', agents.static.command[0], '--output', 'json', file]);
  return now() - start;
}

async function manifest(place: Place, count: number): Promise<string> {
  const file = join(place.directory, `${count}.yaml`);
  const steps = Array.from({ length: count }, (_, i) => ({
    name: `step-${i + 1}`,
    image: 'busybox',
    command: [TRUE],
  }));
  const task = {
    apiVersion: 'api.practice.com/v1alpha1',
    kind: 'Task',
    metadata: { name: 'bench' },
    spec: { steps },
  };
  await writeFile(file, stringify(task));
  return file;
}
