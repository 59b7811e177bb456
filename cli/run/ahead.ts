/** Starts the agents of a run, a few ahead of the step that runs. */
import { setTimeout as sleep } from 'node:timers/promises';
import { SHORTAGES, SystemError } from '../../shared/turn/errors.ts';
import { type AgentProcess } from './agent-process.ts';
import { type LocalStep } from './plan.ts';

const PATIENCE = 5_000;
const PAUSE = 100;

export interface Ahead {
  /** How many agents wait beside the one that runs. */
  count: number;
  start: (step: LocalStep) => Promise<AgentProcess>;
  /** Whether another step may still run at all. */
  mayStart: () => boolean;
}

/**
 * Gives the agent of each step in its turn, once those ahead of it are started too; what keeps the system from
 * starting it; or nothing when the step may not start any more.
 *
 * @param started - the agents, in the order of their steps
 */
export function agentsAhead(
  steps: readonly LocalStep[],
  started: AgentProcess[],
  { count, start, mayStart }: Ahead,
): (step: LocalStep) => Promise<AgentProcess | SystemError | undefined> {
  return async ({ number }) => {
    const deadline = performance.now() + PATIENCE;
    for (const next of steps.slice(started.length, number + count)) {
      while (mayStart()) {
        const agent = await start(next).catch(unlessSystemError);
        if (!(agent instanceof SystemError)) {
          started.push(agent);
          break;
        }
        // One that is ahead has time: it is tried again when the next step begins.
        if (next.number > number) return started[number - 1];
        if (!SHORTAGES.includes(agent.code) || performance.now() > deadline) return agent;
        await sleep(PAUSE);
      }
    }
    return started[number - 1];
  };
}

function unlessSystemError(error: unknown): SystemError {
  if (error instanceof SystemError) return error;
  throw error;
}
