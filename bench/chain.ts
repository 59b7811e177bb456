/** A chain of agents that all wait: from the release of the first step to the outcome of the last, per step. */
import { join } from 'node:path';
import { agents, type Agent } from './harness/agents.ts';
import { withPlace, type Place } from './harness/place.ts';
import { TRUE } from './harness/programs.ts';
import { type Row } from './harness/row.ts';
import { Run } from './harness/run.ts';
import { now } from './harness/time.ts';
import { startAllWaiting } from './harness/waiting-agents.ts';
import { loopOf } from './shell-loop.ts';

const ROUNDS = 7;
const NODE_ROUNDS = 3;
const MEMORY = '/dev/shm';

export async function chain(): Promise<Row[]> {
  const times = {
    hundred: [] as number[],
    fifty: [] as number[],
    inMemory: [] as number[],
    node: [] as number[],
    loop: [] as number[],
  };
  for (let round = 0; round < ROUNDS; round++) {
    times.loop.push(await withPlace((place) => loopOf(place, 100)));
    times.hundred.push(await chainOf(agents.static, 100));
    times.fifty.push(await chainOf(agents.static, 50));
    times.inMemory.push(await chainOf(agents.static, 50, MEMORY));
    if (round < NODE_ROUNDS) times.node.push(await chainOf(agents.node, 20));
  }
  const than = { what: `a shell loop of ${TRUE}`, samples: times.loop };
  const unit = 'ms';
  return [
    {
      what: 'a step of a chain of 50, static',
      unit,
      samples: times.fifty,
      than,
      budgets: [{ of: 'median', atMost: 5 }],
    },
    { what: 'a step of a chain of 50, files in memory', unit, samples: times.inMemory, than },
    { what: 'a step of a chain of 100, static', unit, samples: times.hundred, than },
    { what: 'a step of a chain of 20, Node', unit, samples: times.node, than },
  ];
}

async function chainOf(agent: Agent, steps: number, below?: string): Promise<number> {
  return withPlace((place) => measure(place, agent, steps), below);
}

async function measure(place: Place, agent: Agent, steps: number): Promise<number> {
  const run = await Run.make(join(place.directory, 'run'), steps);
  const numbers = Array.from({ length: steps }, (_, i) => i + 1);
  await startAllWaiting(
    place,
    agent,
    numbers.map((number) => run.command(agent, number, [TRUE])),
  );
  const posted = run.posted(steps);
  const start = now();
  await run.release(1);
  return ((await posted) - start) / steps;
}
