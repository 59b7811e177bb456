/** How long nobody acts when a leader goes: with the times of the election that a controller has by itself. */
import { type Place } from '../harness/place.ts';
import { type Row } from '../harness/row.ts';
import { now, until } from '../harness/time.ts';
import { openWorld, startController, type BenchWorld, type RunningController } from './world.ts';

const LEASE = 15_000;
const [KILLS, STOPS] = [2, 5];

/** From the signal to the pod of a Task that is there already. */
export async function takeoverRows(place: Place, program: string): Promise<Row[]> {
  const world = await openWorld(place, 0);
  const killed = await takeovers(program, world, { signal: 'SIGKILL', times: KILLS });
  const stopped = await takeovers(program, world, { signal: 'SIGTERM', times: STOPS });
  await world.close();
  return [
    {
      what: 'takeover, leader killed',
      unit: 'ms',
      samples: killed,
      than: { what: 'the lease duration', samples: [LEASE] },
      budgets: [{ of: 'median', atMost: 17_000 }],
    },
    {
      what: 'takeover, leader stopped',
      unit: 'ms',
      samples: stopped,
      budgets: [{ of: 'median', atMost: 1_000 }],
    },
  ];
}

async function takeovers(
  program: string,
  world: BenchWorld,
  { signal, times }: { signal: 'SIGKILL' | 'SIGTERM'; times: number },
): Promise<number[]> {
  const samples: number[] = [];
  const start = (): Promise<RunningController> => startController(program, world);
  let leader = await start();
  await leader.leads();
  for (let round = 0; round < times; round++) {
    const follower = await start();
    await follower.ready();
    await oneTask(world);
    const begun = now();
    await leader.stop(signal);
    await oneTask(world);
    samples.push(now() - begun);
    leader = follower;
  }
  await leader.stop('SIGTERM');
  return samples;
}

async function oneTask(world: BenchWorld): Promise<void> {
  const before = world.over();
  await world.create(1);
  await until('the Task is over', () => world.over() > before, 60_000);
}
