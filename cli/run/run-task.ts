/** Runs a Task on this machine: the agents hand over among themselves; this is their kubelet and controller. */
import { existsSync } from 'node:fs';
import { complete, neverRan } from '../../shared/turn/ending.ts';
import { EXIT_CODES } from '../../shared/turn/exit-codes.ts';
import { signalNumber } from '../../shared/turn/signals.ts';
import { type Images } from '../../shared/image/steps.ts';
import { QUIT, turn } from '../../shared/turn/order.ts';
import { next, type Outcome } from '../../shared/turn/outcome.ts';
import { agentArguments } from '../../shared/pod/step-command.ts';
import { type Task } from '../../shared/task/task.ts';
import { after } from './deadline.ts';
import { startAgentProcess, type AgentProcess } from './agent-process.ts';
import { type AgentProgram } from './agent-program.ts';
import { type RunEvent, type TaskReason, type TaskStatus } from './events.ts';
import { makeLayout, removeLayout, writeOrder, writeScript, type Layout } from './layout.ts';
import { killLeftovers } from './leftovers.ts';
import { planTask, type LocalPlan, type LocalStep } from './plan.ts';

export interface RunSettings {
  agent: AgentProgram;
  /** Where steps run that name no working directory. */
  directory: string;
  /** Variables that replace or add to those of every step. */
  env: ReadonlyMap<string, string>;
  ignoreMounts: boolean;
  /** What the images run of those steps that leave it to them; see `lookUpImages`. */
  images?: Images;
  /** Whether the temporary directory of the run stays. */
  keep: boolean;
  /** From SIGTERM to SIGKILL when a step is stopped, a Go duration. */
  grace: string;
  /** Aborted with the name of a signal: the running step is stopped, the rest cancelled. */
  stop: AbortSignal;
  /** Aborted: everything that still runs is killed. */
  kill: AbortSignal;
  report: (event: RunEvent) => void;
}

export interface TaskResult {
  status: TaskStatus;
  reason: TaskReason;
  /** 0, the code of the step that failed, or 128+n when signal n stopped the run. */
  exitCode: number;
  /** How each step ended, in their order. */
  outcomes: readonly Outcome[];
  /** The run's directory, when it was kept. */
  kept: string | undefined;
}

/**
 * @throws {LocalRunError} before any step starts, when the Task needs what a local process cannot have.
 * @example
 * const never = new AbortController().signal;
 * await runTask(task, { agent: await findAgent(), stop: never, kill: never, report: console.log, … });
 */
export async function runTask(task: Task, settings: RunSettings): Promise<TaskResult> {
  const layout = await makeLayout(task.spec.steps.length);
  try {
    const { scripts, temporary } = layout;
    const plan = planTask(task, { ...settings, scripts, temporary, exists: existsSync });
    const result = await runPlan(plan, layout, settings);
    return { ...result, kept: settings.keep ? layout.root : undefined };
  } finally {
    await killLeftovers('TMPDIR', layout.temporary);
    if (!settings.keep) await removeLayout(layout);
  }
}

async function runPlan(
  plan: LocalPlan,
  layout: Layout,
  settings: RunSettings,
): Promise<Omit<TaskResult, 'kept'>> {
  const { agent, report, stop, kill } = settings;
  const { task, steps } = plan;
  const begun = performance.now();
  for (const { script } of steps) if (script !== undefined) await writeScript(script);

  let order = 1;
  const setOrder = async (value: number): Promise<void> => {
    order = value;
    await writeOrder(layout, value);
  };
  // As in a pod: the first step is released from the start, the others by hand-off.
  await setOrder(order);

  const stopped = untilAborted(stop, async () => {
    report({ type: 'Stopping', task, signal: signalOf(stop) });
    await setOrder(QUIT);
  });
  const killed = untilAborted(kill, () => killLeftovers('TMPDIR', layout.temporary));

  report({
    type: 'TaskStarted',
    task,
    steps: steps.map(({ name }) => name),
    agent: agent.name,
    differences: plan.differences,
  });
  let timedOut: Promise<void> | undefined;
  const { timeout } = plan;
  const onDeadline = (): void => {
    timedOut = setOrder(QUIT);
  };
  const forgetDeadline = timeout && after(timeout.ms, onDeadline);
  const agents: AgentProcess[] = [];
  const outcomes: Outcome[] = [];
  for (const step of steps) {
    const mayStart = (): boolean => order !== QUIT && outcomes.every((outcome) => next(outcome) === 'go');
    while (mayStart() && agents.length < Math.min(steps.length, step.number + agent.ahead)) {
      agents.push(start(steps[agents.length] ?? step, layout, settings));
    }
    const why = (): string | undefined => (timedOut && !stop.aborted ? timeout?.text : undefined);
    const moment = { order, before: outcomes.at(-1), task, report, timeout: why };
    outcomes.push(await seeToItsEnd(step, agents[step.number - 1], moment));
    // Nobody behind an agent that died without a word would ever hear of it.
    if (outcomes.at(-1)?.reason === 'AgentDied') await setOrder(QUIT);
  }
  forgetDeadline?.();
  await Promise.all([stopped(), killed(), timedOut]);

  const result = { ...judge(outcomes, stop, timedOut && timeout?.text), outcomes };
  const { status, reason, exitCode, message } = result;
  report({
    type: 'TaskFinished',
    task,
    status,
    reason,
    exitCode,
    durationMs: Math.round(performance.now() - begun),
    message,
  });
  return result;
}

function start(step: LocalStep, layout: Layout, { agent, grace }: RunSettings): AgentProcess {
  const files = layout.files(step.number);
  const about = { name: step.name, ...step.limits };
  const args = ['--grace', grace, ...agentArguments(about, step.number, files, { argv: step.command })];
  return startAgentProcess(agent, args, step, files.own);
}

interface Moment {
  order: number;
  before: Outcome | undefined;
  task: string;
  report: (event: RunEvent) => void;
  /** The Task's timeout, once that has ended it. */
  timeout: () => string | undefined;
}

/** Reports a step's start, output and end; a step whose turn cannot come any more needs no agent to say so. */
async function seeToItsEnd(step: LocalStep, agent: AgentProcess | undefined, now: Moment): Promise<Outcome> {
  const { task, report, order, before, timeout } = now;
  const { name, number } = step;
  const about = { task, step: name, number };
  const decided = turn(number, { order, gate: undefined, predecessors: number > 1 ? [before] : [] });
  let outcome: Outcome;
  if (agent !== undefined) {
    if (decided.kind === 'run') report({ type: 'StepStarted', ...about });
    await agent.printTo((stream, line) => report({ type: 'Log', ...about, stream, line }));
    outcome = causedBy(await agent.outcome(), timeout());
  } else if (decided.kind === 'skip' || decided.kind === 'cancelled') {
    outcome = causedBy(complete(neverRan(decided), { step: name, number }, Date.now()), timeout());
  } else {
    throw new Error(`step ${number} was to ${decided.kind} but has no agent`);
  }
  const { version: _, ...record } = outcome;
  report({ type: 'StepFinished', task, ...record });
  return outcome;
}

/** Agents are only told that all is over; the run knows that it was the Task's timeout. */
function causedBy(outcome: Outcome, timeout: string | undefined): Outcome {
  if (timeout === undefined || outcome.reason !== 'Cancelled') return outcome;
  const message = outcome.message.replace('the Task was cancelled', `the Task timed out after ${timeout}`);
  return { ...outcome, reason: 'TimedOut', message };
}

/**
 * @param timeout - the Task's, when that is what ended it
 */
function judge(
  outcomes: readonly Outcome[],
  stop: AbortSignal,
  timeout: string | undefined,
): Pick<TaskResult, 'status' | 'reason' | 'exitCode'> & { message: string } {
  const failed = outcomes.find((outcome) => next(outcome) === 'stop');
  if (failed === undefined)
    return { status: 'Successful', reason: 'Succeeded', exitCode: 0, message: counted(outcomes.length) };
  if (stop.aborted) {
    const signal = signalOf(stop);
    return {
      status: 'Cancelled',
      reason: 'Cancelled',
      exitCode: EXIT_CODES.SIGNALED.code + (signalNumber(signal) ?? 0),
      message: `stopped by ${signal}`,
    };
  }
  const { number, step, outcome, message } = failed;
  if (timeout !== undefined && outcome === 'Cancelled') {
    return {
      status: 'Failure',
      reason: 'TimedOut',
      exitCode: EXIT_CODES.TIMED_OUT.code,
      message: `the Task timed out after ${timeout}, in step ${number} (${step})`,
    };
  }
  return {
    status: 'Failure',
    reason: 'StepFailed',
    exitCode: failed.exitCode,
    message: `step ${number} (${step}) ended ${outcome}: ${message}`,
  };
}

const counted = (steps: number): string => `${steps} ${steps === 1 ? 'step' : 'steps'}`;

const signalOf = (signal: AbortSignal): string => String(signal.reason);

/** Does something once the signal is aborted. The returned function stops listening, and waits for it if it began. */
function untilAborted(signal: AbortSignal, act: () => Promise<void>): () => Promise<void> {
  let acting: Promise<void> | undefined;
  const onAbort = (): void => {
    acting = act();
  };
  if (signal.aborted) onAbort();
  else signal.addEventListener('abort', onAbort, { once: true });
  return async () => {
    signal.removeEventListener('abort', onAbort);
    await acting;
  };
}
