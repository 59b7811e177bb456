/** Starts the agents of a run, a few ahead of the step that runs. */
import { setTimeout as sleep } from 'node:timers/promises';
import { SHORTAGES, SystemError } from '../../shared/turn/errors.ts';
import { type AgentProcess } from './agent-process.ts';
import { type LocalStep } from './plan.ts';

const PATIENCE = 5_000;
const PAUSE = 100;

export interface Ahead {
  /** How many agents wait beside those that run. */
  count: number;
  start: (step: LocalStep) => Promise<AgentProcess>;
  /** Whether this step may still run at all. */
  mayStart: (step: LocalStep) => boolean;
}

/**
 * Gives the agent of each step in its turn, once those ahead of it are started too; what keeps the system from
 * starting it; or nothing when the step may not start any more.
 *
 * @param onStart - is told of each agent as it is there
 */
export function agentsAhead(
  steps: readonly LocalStep[],
  onStart: (agent: AgentProcess) => void,
  { count, start, mayStart }: Ahead,
): (step: LocalStep) => Promise<AgentProcess | SystemError | undefined> {
  const found = new Map<number, AgentProcess | SystemError>();
  let at = 0;

  async function startUpTo(number: number): Promise<void> {
    const deadline = performance.now() + PATIENCE;
    for (let next = steps[at]; next !== undefined && at < number + count; next = steps[++at]) {
      while (mayStart(next)) {
        const agent = await start(next).catch(unlessSystemError);
        if (!(agent instanceof SystemError)) {
          found.set(next.number, agent);
          onStart(agent);
          break;
        }
        // One that is ahead has time: it is tried again when the next step begins.
        if (next.number > number) return;
        if (!SHORTAGES.includes(agent.code) || performance.now() > deadline) {
          found.set(next.number, agent);
          break;
        }
        await sleep(PAUSE);
      }
    }
  }

  // Branches may come to their turns at once; agents are started one after the other.
  let starting = Promise.resolve();
  return async ({ number }) => {
    starting = starting.then(() => startUpTo(number));
    await starting;
    return found.get(number);
  };
}

function unlessSystemError(error: unknown): SystemError {
  if (error instanceof SystemError) return error;
  throw error;
}
