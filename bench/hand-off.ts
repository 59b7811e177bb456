/** From an outcome that is posted to the first instruction of the next command, with an agent that waits for it. */
import { renameSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { OUTCOME_FILE } from '../shared/turn/outcome.ts';
import { agents, type Agent } from './harness/agents.ts';
import { withPlace, type Place } from './harness/place.ts';
import { compile } from './harness/programs.ts';
import { type Row } from './harness/row.ts';
import { Run, succeeded } from './harness/run.ts';
import { now } from './harness/time.ts';
import { startWaiting } from './harness/waiting-agents.ts';
import { spawnedByShell, spawnedHere } from './starters.ts';

const STATIC_TRIALS = 100;
const NODE_TRIALS = 30;

export async function handOff(): Promise<Row[]> {
  return withPlace(async (place) => {
    const stamp = await compile(place, 'stamp');
    const times: Record<'static' | 'node' | 'here' | 'shell', number[]> = {
      static: [],
      node: [],
      here: [],
      shell: [],
    };
    for (let trial = 0; trial < STATIC_TRIALS; trial++) {
      times.static.push(await trialOf(place, agents.static, stamp));
      times.here.push(await spawnedHere(stamp));
      times.shell.push(await spawnedByShell(place, stamp));
      if (trial < NODE_TRIALS) times.node.push(await trialOf(place, agents.node, stamp));
    }
    const here = { what: 'spawned by the bench itself', samples: times.here };
    const shell = { what: 'spawned by a shell in `read`', samples: times.shell };
    return [
      {
        what: 'hand-off, static agent',
        unit: 'ms',
        samples: times.static,
        than: here,
        budgets: [{ of: 'median', atMost: 5 }],
      },
      { what: 'hand-off, static agent', unit: 'ms', samples: times.static, than: shell },
      { what: 'hand-off, Node agent', unit: 'ms', samples: times.node, than: here },
    ];
  });
}

async function trialOf(place: Place, agent: Agent, stamp: string): Promise<number> {
  const run = await Run.make(join(place.directory, `run-${now()}`), 2);
  const { output } = await startWaiting(place, agent, run.command(agent, 2, [stamp]), 2);
  const file = join(run.step(1), OUTCOME_FILE);
  await writeFile(`${file}.new`, succeeded(1));
  // The agent has looked at that, and waits again.
  await sleep(20);
  const start = now();
  renameSync(`${file}.new`, file);
  return Number(await output) / 1e6 - start;
}
