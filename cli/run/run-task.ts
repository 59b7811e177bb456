/** Runs a Task on this machine: the agents hand over among themselves; this is their kubelet and controller. */
import { SystemError, UsageError } from '../../shared/turn/errors.ts';
import { complete, neverRan } from '../../shared/turn/ending.ts';
import { EXIT_CODES } from '../../shared/turn/exit-codes.ts';
import { signalNumber } from '../../shared/turn/signals.ts';
import { type Images } from '../../shared/image/steps.ts';
import { QUIT, turn } from '../../shared/turn/order.ts';
import { next, type Outcome } from '../../shared/turn/outcome.ts';
import { type DataObject } from '../../shared/manifest/data-objects.ts';
import { agentArguments } from '../../shared/pod/step-command.ts';
import { withName } from '../../shared/task/name.ts';
import { type Task } from '../../shared/task/task.ts';
import { after } from './deadline.ts';
import { LIFELINE, lost, startAgentProcess, type AgentProcess } from './agent-process.ts';
import { type AgentProgram } from './agent-program.ts';
import { agentsAhead } from './ahead.ts';
import { logLine, type Report, type TaskReason, type TaskStatus } from './events.ts';
import { makeLayout, makeWorkspace, writeOrder, writeScript, type Layout } from './layout.ts';
import { openLifeline, type Lifeline } from './lifeline.ts';
import { makePipes } from './pipes.ts';
import { problemWith } from './plan-tasks.ts';
import { planTask, type LocalPlan, type LocalStep } from './plan.ts';
import { killDescendants, killSession } from './processes.ts';
import { removeTree } from './remove.ts';

export interface RunSettings {
  agent: AgentProgram;
  /** Where steps run that name no working directory. */
  directory: string;
  /** Variables that replace or add to those of every step. */
  env: ReadonlyMap<string, string>;
  ignoreMounts: boolean;
  /** The ConfigMaps and Secrets that there are, from which variables can be taken. */
  data?: readonly DataObject[];
  /** Directories for workspaces, by their names; the others are the run's own. */
  workspaces?: ReadonlyMap<string, string>;
  /** What the images run of those steps that leave it to them; see `lookUpImages`. */
  images?: Images;
  /** Whether the temporary directory of the run stays. */
  keep: boolean;
  /** From SIGTERM to SIGKILL when a step is stopped, a Go duration. */
  grace: string;
  /** Aborted with the name of a signal, or of another reason: the running step is stopped, the rest cancelled. */
  stop: AbortSignal;
  /** Aborted: everything that still runs is killed. */
  kill: AbortSignal;
  report: Report;
}

export interface TaskResult {
  status: TaskStatus;
  reason: TaskReason;
  /** 0, the code of the step that failed, 128+n when signal n stopped the run, 1 for another reason. */
  exitCode: number;
  /** How each step ended, in their order. */
  outcomes: readonly Outcome[];
  /** The run's directory, when it was kept. */
  kept: string | undefined;
  /** Why it could not be removed, when it was not. */
  left: string | undefined;
}

/**
 * @throws {LocalRunError} before any step starts, when the Task needs what a local process cannot have.
 * @example
 * const never = new AbortController().signal;
 * await runTask(task, { agent: await findAgent(), stop: never, kill: never, report: console.log, … });
 */
export async function runTask(given: Task, settings: RunSettings): Promise<TaskResult> {
  const task = withName(given);
  const layout = await makeLayout(task.spec.steps.length);
  let result: Ran | undefined;
  let left: string | undefined;
  try {
    const { scripts, temporary, paths } = layout;
    const workspaces = { given: settings.workspaces ?? new Map<string, string>(), root: layout.workspaces };
    const plan = planTask(task, { ...settings, scripts, temporary, paths, workspaces, problemWith });
    result = await runPlan(plan, layout, settings);
  } finally {
    if (!settings.keep) left = await removeTree(layout.root);
  }
  return { ...result, kept: settings.keep ? layout.root : undefined, left };
}

type Ran = Omit<TaskResult, 'kept' | 'left'>;

/** Runs it with a lifeline: however this ends, no agent of it lives on. */
async function runPlan(plan: LocalPlan, layout: Layout, settings: RunSettings): Promise<Ran> {
  const parts = plan.steps.flatMap((step) => step.parts);
  for (const workspace of plan.workspaces)
    await makeWorkspace(
      workspace,
      parts.filter((part) => part.startsWith(`${workspace.path}/`)),
    );
  for (const { script } of plan.steps) if (script !== undefined) await writeScript(script);
  await makePipes(plan.steps.flatMap(({ number }) => Object.values(layout.pipes(number))));
  const lifeline = await openLifeline(layout, settings.keep);
  try {
    return await runSteps(plan, { layout, lifeline }, settings);
  } finally {
    lifeline.close();
  }
}

interface Place {
  layout: Layout;
  lifeline: Lifeline;
}

async function runSteps(plan: LocalPlan, place: Place, settings: RunSettings): Promise<Ran> {
  const { agent, report, stop, kill } = settings;
  const { task, steps } = plan;
  const begun = performance.now();

  // As in a pod: the first step is released from the start, the others by hand-off.
  let order = 1;
  await writeOrder(place.layout, order);
  const quit = async (): Promise<void> => {
    order = QUIT;
    await writeOrder(place.layout, QUIT).catch((error: unknown) => {
      if (!(error instanceof UsageError)) throw error;
      // No room on the disk, or no directory any more: the agents hear it in another way.
      place.lifeline.cut();
    });
  };

  const agents: AgentProcess[] = [];
  const stopped = untilAborted(stop, async () => {
    void report({ type: 'Stopping', task, signal: reasonOf(stop) });
    await quit();
  });
  const killed = untilAborted(kill, () => killDescendants(agents.map(({ pid }) => pid)));

  void report({
    type: 'TaskStarted',
    task,
    steps: steps.map(({ name }) => name),
    agent: agent.name,
    differences: plan.differences,
  });
  let timedOut: Promise<void> | undefined;
  const { timeout } = plan;
  const onDeadline = (): void => {
    timedOut = quit();
  };
  const forgetDeadline = timeout && after(timeout.ms, onDeadline);
  const outcomes: Outcome[] = [];
  const agentOf = agentsAhead(steps, agents, {
    count: agent.ahead,
    start: (step) => start(step, place, settings),
    mayStart: () => order !== QUIT && outcomes.every((outcome) => next(outcome) === 'go'),
  });
  for (const step of steps) {
    const found = await agentOf(step);
    const why = (): string | undefined => (timedOut && !stop.aborted ? timeout?.text : undefined);
    const moment = { order, before: outcomes.at(-1), task, report, stop, timeout: why };
    const outcome = await seeToItsEnd(step, found, moment);
    outcomes.push(outcome);
    // Nobody behind an agent that died without a word would ever hear of it.
    if (outcome.reason === 'AgentDied') await quit();
  }
  forgetDeadline?.();
  await Promise.all([stopped(), killed(), timedOut]);

  const result = { ...judge(outcomes, stop, timedOut && timeout?.text), outcomes };
  const { status, reason, exitCode, message } = result;
  void report({
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

async function start(
  step: LocalStep,
  { layout, lifeline }: Place,
  { agent, grace }: RunSettings,
): Promise<AgentProcess> {
  const files = layout.files(step.number);
  const workingDir = step.entersLate ? step.directory : undefined;
  const about = { name: step.name, workingDir, ...step.limits };
  const local = [
    ...(step.limits.gracePeriod === undefined ? ['--grace', grace] : []),
    ...['--lifeline', String(LIFELINE)],
  ];
  const args = [...local, ...agentArguments(about, step.number, files, { argv: step.command })];
  const pipes = layout.pipes(step.number);
  return startAgentProcess(agent, args, step, { own: files.own, pipes, lifeline: lifeline.read });
}

interface Moment {
  order: number;
  before: Outcome | undefined;
  task: string;
  report: Report;
  stop: AbortSignal;
  /** The Task's timeout, once that has ended it. */
  timeout: () => string | undefined;
}

/** Reports a step's start, output and end; a step whose turn cannot come any more needs no agent to say so. */
async function seeToItsEnd(
  step: LocalStep,
  agent: AgentProcess | SystemError | undefined,
  now: Moment,
): Promise<Outcome> {
  const outcome = causedBy(await endOf(step, agent, now), now.timeout());
  const { version: _, ...record } = outcome;
  void now.report({ type: 'StepFinished', task: now.task, ...record });
  return outcome;
}

async function endOf(
  step: LocalStep,
  agent: AgentProcess | SystemError | undefined,
  { task, report, order, before, stop }: Moment,
): Promise<Outcome> {
  const { name, number } = step;
  const about = { task, step: name, number };
  if (agent instanceof SystemError) return lost(step, agent.message);
  const decided = turn(number, { order, gate: undefined, predecessors: number > 1 ? [before] : [] });
  const cannot = decided.kind === 'skip' || decided.kind === 'cancelled' ? neverRan(decided) : undefined;
  const never = cannot && complete(cannot, { step: name, number }, Date.now());
  if (agent === undefined) {
    if (never !== undefined) return never;
    throw new Error(`step ${number} was to ${decided.kind} but has no agent`);
  }
  if (decided.kind === 'run') void report({ type: 'StepStarted', ...about });
  await agent.printTo(
    (stream, bytes, isPartial) => report({ type: 'Log', ...about, stream, ...logLine(bytes, isPartial) }),
    stop,
    (text) => void report({ type: 'Progress', ...about, text }),
  );
  const outcome = await agent.outcome();
  await killSession(agent.pid);
  // Ctrl-C kills an agent that has no session of its own yet; where its turn cannot come, that is no news.
  return outcome.reason === 'AgentDied' && never !== undefined ? never : outcome;
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
    const message = `stopped by ${reasonOf(stop)}`;
    return { status: 'Cancelled', reason: 'Cancelled', exitCode: exitCodeOf(stop), message };
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

const reasonOf = (stop: AbortSignal): string => String(stop.reason);

/** The exit code of a run that was stopped. */
export function exitCodeOf(stop: AbortSignal): number {
  const signal = signalNumber(reasonOf(stop));
  return signal === undefined ? 1 : EXIT_CODES.SIGNALED.code + signal;
}

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
