/** What it costs that agents wait: memory, CPU time, wake-ups. */
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { agents, type Agent } from './harness/agents.ts';
import { withPlace, type Place } from './harness/place.ts';
import { cpuTime, memory, wakeUps, type Memory } from './harness/proc.ts';
import { TRUE } from './harness/programs.ts';
import { type Row } from './harness/row.ts';
import { Run } from './harness/run.ts';
import { sum } from './harness/statistics.ts';
import { now } from './harness/time.ts';
import { startAllWaiting } from './harness/waiting-agents.ts';

const MIB = 1024 * 1024;
const STATIC = 50;
const NODE = 5;
/** Seconds that the waiters are watched. */
const SECONDS = 10;

export async function waiting(): Promise<Row[]> {
  return withPlace(async (place) => {
    // Alone first: beside others more of its pages are there already.
    const [single] = await each(await wait(place, agents.static, 1), memory);
    const few = await wait(place, agents.static, STATIC);
    const node = await wait(place, agents.node, NODE);
    const cost = { static: await each(few, memory), node: await each(node, memory) };
    const [idle, nodeIdle] = await Promise.all([idling(few), idling(node)]);

    const count = `${NODE} Node agents`;
    return [
      {
        what: 'RSS of a waiting agent, static',
        unit: 'bytes',
        samples: single === undefined ? [] : [single.rss],
        than: { what: 'a Node agent', samples: cost.node.map(({ rss }) => rss) },
        budgets: [{ of: 'median', atMost: MIB }],
      },
      {
        what: `RSS of each of ${STATIC} waiting, static`,
        unit: 'bytes',
        samples: cost.static.map(({ rss }) => rss),
        than: { what: 'a Node agent', samples: cost.node.map(({ rss }) => rss) },
        budgets: [{ of: 'median', atMost: MIB }],
      },
      {
        what: `PSS of ${STATIC} waiting together, static`,
        unit: 'bytes',
        samples: [total(cost.static)],
        than: { what: `${count} together`, samples: [total(cost.node)] },
        budgets: [{ of: 'median', atMost: 20 * MIB }],
      },
      {
        what: `wake-ups of each of ${STATIC} waiting, static`,
        unit: 'a second',
        samples: idle.wakeUps,
        than: { what: `each of ${count}`, samples: nodeIdle.wakeUps },
        budgets: [{ of: 'median', atMost: 2 }],
      },
      {
        what: `CPU time of each of ${STATIC} in ${SECONDS} s, static`,
        unit: 'ms',
        samples: idle.cpu,
        than: { what: `each of ${count}`, samples: nodeIdle.cpu },
      },
    ];
  });
}

async function wait(place: Place, agent: Agent, count: number): Promise<readonly number[]> {
  // Step 1 waits for the order alone: it is the one that has no predecessor.
  const run = await Run.make(join(place.directory, `run-${now()}`), count + 1);
  const numbers = Array.from({ length: count }, (_, i) => i + 2);
  return startAllWaiting(
    place,
    agent,
    numbers.map((number) => run.command(agent, number, [TRUE])),
  );
}

async function idling(pids: readonly number[]): Promise<{ wakeUps: number[]; cpu: number[] }> {
  const start = now();
  const before = { wakeUps: await each(pids, wakeUps), cpu: await each(pids, cpuTime) };
  await sleep(SECONDS * 1000);
  const after = { wakeUps: await each(pids, wakeUps), cpu: await each(pids, cpuTime) };
  const seconds = (now() - start) / 1000;
  return {
    wakeUps: after.wakeUps.map((count, i) => (count - (before.wakeUps[i] ?? 0)) / seconds),
    cpu: after.cpu.map((ms, i) => ms - (before.cpu[i] ?? 0)),
  };
}

async function each<T>(pids: readonly number[], read: (pid: number) => Promise<T>): Promise<T[]> {
  return Promise.all(pids.map(read));
}

function total(memories: readonly Memory[]): number {
  return sum(memories.map(({ pss }) => pss));
}
