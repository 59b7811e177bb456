/**
 * From an outcome that is posted to the first instruction of the next command, with an agent that waits for it: in a chain,
 * and where it is the last of several branches.
 */
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
/** How many branches join. */
const BRANCHES = 4;

export async function handOff(): Promise<Row[]> {
  return withPlace(async (place) => {
    const stamp = await compile(place, 'stamp');
    const times: Record<'static' | 'join' | 'node' | 'here' | 'shell', number[]> = {
      static: [],
      join: [],
      node: [],
      here: [],
      shell: [],
    };
    for (let trial = 0; trial < STATIC_TRIALS; trial++) {
      times.static.push(await trialOf(place, agents.static, stamp));
      times.join.push(await trialOf(place, agents.static, stamp, BRANCHES));
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
      {
        what: `hand-over at a join of ${BRANCHES}, static agent`,
        unit: 'ms',
        samples: times.join,
        than: { what: 'hand-off in a chain, static agent', samples: times.static },
        budgets: [
          { of: 'median', atMost: 3 },
          { of: 'ratio', atMost: 1.5 },
        ],
      },
      { what: 'hand-off, Node agent', unit: 'ms', samples: times.node, than: here },
    ];
  });
}

async function trialOf(place: Place, agent: Agent, stamp: string, branches = 1): Promise<number> {
  const run = await Run.make(join(place.directory, `run-${now()}`), branches + 1);
  const others = Array.from({ length: branches - 1 }, (_, i) => i + 1);
  const after = others.flatMap((number) => ['--after', run.step(number)]);
  for (const number of others) await writeFile(join(run.step(number), OUTCOME_FILE), succeeded(number));
  const command = run.command(agent, branches + 1, [stamp], after);
  const { output } = await startWaiting(place, agent, command, branches + 1);
  const file = join(run.step(branches), OUTCOME_FILE);
  await writeFile(`${file}.new`, succeeded(branches));
  // The agent has looked at that, and waits again.
  await sleep(20);
  const start = now();
  renameSync(`${file}.new`, file);
  return Number(await output) / 1e6 - start;
}
