/** What a controller costs that has nothing to do: memory, wake-ups, and the time until it can do something. */
import { execPath } from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Place } from '../harness/place.ts';
import { cpuTime, memory, wakeUps } from '../harness/proc.ts';
import { type Budget, type Row } from '../harness/row.ts';
import { now, until } from '../harness/time.ts';
import { openWorld, startController, type BenchWorld } from './world.ts';

const MB = 1024 * 1024;
const TASKS = 1_000;
/** That are over, and whose pods are still there. */
const FINISHED = 10_000;
/** ms: the lists are in, what was read of them is collected. */
const QUIET = 5_000;
const WATCHED = 10_000;
const ROUNDS = 3;
const STARTS = 5;

interface Idle {
  rss: number;
  wakeUps: number;
  cpu: number;
}

export async function memoryRows(place: Place, program: string): Promise<Row[]> {
  const world = await openWorld(place, 0);
  const starts: number[] = [];
  const bare: number[] = [];
  for (let round = 0; round < STARTS; round++) {
    starts.push(await startToReady(program, world));
    const begun = now();
    await place.run([execPath, '-e', '0']);
    bare.push(now() - begun);
  }
  const empty = await idle(program, world);
  const worked = await afterWork(program, world);
  const full = await idle(program, world);
  world.copyUpTo(FINISHED);
  const finished = await idle(program, world);
  const late: number[] = [];
  for (let round = 0; round < STARTS; round++) late.push(await startToReady(program, world));
  await world.close();
  const rss = (what: string, samples: number[], budgets: Budget[] = []): Row => ({
    what,
    unit: 'bytes',
    samples,
    budgets,
  });
  return [
    {
      what: 'start to ready',
      unit: 'ms',
      samples: starts,
      than: { what: 'node -e 0', samples: bare },
    },
    rss(
      'RSS, idle',
      empty.map((each) => each.rss),
      [{ of: 'median', atMost: 67 * MB }],
    ),
    rss(
      `RSS, ${TASKS} Tasks cached`,
      full.map((each) => each.rss),
      [{ of: 'median', atMost: 120 * MB }],
    ),
    rss(`RSS, ${TASKS} Tasks run`, worked),
    rss(
      `RSS, ${FINISHED} Tasks that are over`,
      finished.map((each) => each.rss),
      [{ of: 'median', atMost: 95 * MB }],
    ),
    {
      what: `start to ready, ${FINISHED} Tasks that are over`,
      unit: 'ms',
      samples: late,
      than: { what: 'start to ready', samples: starts },
    },
    { what: 'wake-ups, idle', unit: 'a second', samples: full.map((each) => each.wakeUps) },
    { what: 'CPU time in 10 s, idle', unit: 'ms', samples: full.map((each) => each.cpu) },
  ];
}

async function startToReady(program: string, world: BenchWorld): Promise<number> {
  const controller = await startController(program, world);
  const time = await controller.ready();
  await controller.stop('SIGTERM');
  return time;
}

/** Of controllers that lead and have nothing to do, one after the other. */
async function idle(program: string, world: BenchWorld): Promise<Idle[]> {
  const all: Idle[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const controller = await startController(program, world);
    await controller.leads();
    await sleep(QUIET);
    const { rss } = await memory(controller.pid);
    const before = { wakeUps: await wakeUps(controller.pid), cpu: await cpuTime(controller.pid) };
    await sleep(WATCHED);
    const woken = (await wakeUps(controller.pid)) - before.wakeUps;
    const cpu = (await cpuTime(controller.pid)) - before.cpu;
    all.push({ rss, wakeUps: (woken / WATCHED) * 1000, cpu });
    await controller.stop('SIGTERM');
  }
  return all;
}

/** Of one that has taken them all to their ends itself. */
async function afterWork(program: string, world: BenchWorld): Promise<number[]> {
  const controller = await startController(program, world);
  await controller.leads();
  await world.create(TASKS);
  await until('all are over', () => world.over() >= TASKS, 120_000);
  await sleep(QUIET);
  const { rss } = await memory(controller.pid);
  await controller.stop('SIGTERM');
  return [rss];
}
