/** Reports a step's start and output, and says how it ended. */
import { SystemError } from '../../shared/turn/errors.ts';
import { complete, neverRan } from '../../shared/turn/ending.ts';
import { turn, type Turn } from '../../shared/turn/order.ts';
import { type Outcome } from '../../shared/turn/outcome.ts';
import { lost, type AgentProcess } from './agent-process.ts';
import { logLine, type Report } from './events.ts';
import { type LocalStep } from './plan.ts';
import { killSession } from './processes.ts';

interface Moment {
  order: number;
  /** How each of its predecessors ended; `undefined` for one that is not over. */
  before: readonly (Outcome | undefined)[];
  /** Whether everything is to be killed. */
  isKilled: boolean;
  task: string;
  report: Report;
  hurry: AbortSignal;
}

/** A step whose turn cannot come any more needs no agent to say so. */
export async function endOf(
  step: LocalStep,
  agent: AgentProcess | SystemError | undefined,
  { order, before, isKilled, task, report, hurry }: Moment,
): Promise<Outcome> {
  const { name, number, always } = step;
  const about = { task, step: name, number };
  if (agent instanceof SystemError) return lost(step, agent.message);
  const decided: Turn = isKilled
    ? { kind: 'cancelled' }
    : turn(number, { order, gate: undefined, predecessors: before, always });
  const cannot = decided.kind === 'skip' || decided.kind === 'cancelled' ? neverRan(decided) : undefined;
  const never = cannot && complete(cannot, { step: name, number }, Date.now());
  if (agent === undefined) {
    if (never !== undefined) return never;
    throw new Error(`step ${number} was to ${decided.kind} but has no agent`);
  }
  if (decided.kind === 'run') void report({ type: 'StepStarted', ...about });
  await agent.printTo(
    (stream, bytes, isPartial) => report({ type: 'Log', ...about, stream, ...logLine(bytes, isPartial) }),
    hurry,
    (text) => void report({ type: 'Progress', ...about, text }),
  );
  const outcome = await agent.outcome();
  await killSession(agent.pid);
  // Ctrl-C kills an agent that has no session of its own yet; where its turn cannot come, that is no news.
  return outcome.reason === 'AgentDied' && never !== undefined ? never : outcome;
}
