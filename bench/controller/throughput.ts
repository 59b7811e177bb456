/** A thousand Tasks that are there all at once, and some that come one after the other. */
import { execPath } from 'node:process';
import { join } from 'node:path';
import { type Place } from '../harness/place.ts';
import { cpuTime } from '../harness/proc.ts';
import { type Row } from '../harness/row.ts';
import { now, until } from '../harness/time.ts';
import { quantileOf } from './metrics.ts';
import { NAMESPACE, openWorld, startController } from './world.ts';
import { writesOf, type Writes } from './writes.ts';

const TASKS = 1_000;
const ROUNDS = 3;
const WORKERS = 4;
/** ms that a step takes: so quick that no turn through the API server would be. */
const QUICK = 10;
const PLAIN_LOOP = join(import.meta.dirname, 'plain-loop.ts');
const LONG = 120_000;

/** From the moment in which the controller leads until the last Task is over, beside the same writes and nothing else. */
export async function throughputRows(place: Place, program: string): Promise<Row[]> {
  const own = { time: [] as number[], cpu: [] as number[], p99: [] as number[] };
  const plain = { time: [] as number[], cpu: [] as number[] };
  for (let round = 0; round < ROUNDS; round++) {
    const { ms, cpu } = await plainLoop(place);
    plain.time.push(ms / TASKS);
    plain.cpu.push(cpu / TASKS);
    const run = await flood(place, program);
    own.time.push(run.ms / TASKS);
    own.cpu.push(run.cpu / TASKS);
    own.p99.push(run.p99);
  }
  const what = 'six writes for each, in a plain loop';
  return [
    {
      what: `time a Task, ${TASKS} at once`,
      unit: 'ms',
      samples: own.time,
      than: { what, samples: plain.time },
    },
    { what: 'CPU time a Task', unit: 'ms', samples: own.cpu, than: { what, samples: plain.cpu } },
    { what: 'p99 of a look at a Task', unit: 'ms', samples: own.p99 },
  ];
}

async function flood(place: Place, program: string): Promise<{ ms: number; cpu: number; p99: number }> {
  const world = await openWorld(place, QUICK);
  await world.create(TASKS);
  const flags = ['--workers', String(WORKERS), '--log-level', 'info'];
  const controller = await startController(program, world, flags);
  await controller.leads();
  const begun = now();
  const before = await cpuTime(controller.pid);
  await until(`${TASKS} Tasks are over`, () => world.over() >= TASKS, LONG);
  const ms = now() - begun;
  const cpu = (await cpuTime(controller.pid)) - before;
  const p99 = await quantileOf(controller.url, 'taskflow_reconcile_duration_seconds', 0.99);
  await controller.stop('SIGTERM');
  await world.close();
  return { ms, cpu, p99: p99 * 1000 };
}

async function plainLoop(place: Place): Promise<{ ms: number; cpu: number }> {
  const world = await openWorld(place, QUICK);
  await world.create(TASKS);
  const output = await place.run([execPath, PLAIN_LOOP, world.kubeconfig, NAMESPACE, String(WORKERS)]);
  await world.close();
  return JSON.parse(output) as { ms: number; cpu: number };
}

/** What is written for a Task of five quick steps, when they come in the course of things. */
export async function writeRows(place: Place, program: string): Promise<Row[]> {
  const [waves, each] = [10, 20];
  const world = await openWorld(place, QUICK);
  const controller = await startController(program, world);
  await controller.leads();
  const perTask: Writes[] = [];
  for (let wave = 1; wave <= waves; wave++) {
    world.server.counts.reset();
    await world.create(each);
    await until('the wave is over', () => world.over() >= wave * each, LONG);
    // The last event follows the last status, the kubelet's last word a second later.
    await until('all is told', () => writesOf(world.server).events >= each * 3);
    perTask.push(writesOf(world.server));
  }
  await controller.stop('SIGTERM');
  await world.close();
  const samples = (kind: keyof Writes): number[] => perTask.map((writes) => writes[kind] / each);
  return [
    {
      what: 'API writes a Task',
      unit: 'count',
      samples: samples('all'),
      budgets: [{ of: 'median', atMost: 6 }],
    },
    { what: 'of these: pods', unit: 'count', samples: samples('pods') },
    { what: 'of these: statuses', unit: 'count', samples: samples('statuses') },
    { what: 'of these: events', unit: 'count', samples: samples('events') },
    { what: 'of these: orders', unit: 'count', samples: samples('orders') },
    {
      what: 'of these: refused',
      unit: 'count',
      samples: samples('refused'),
      budgets: [{ of: 'median', atMost: 0 }],
    },
  ];
}
