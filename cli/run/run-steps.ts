/** Sees the steps of a run to their end: those of several branches at once, and those of `finally` whatever became of the others. */
import { setTimeout as sleep } from 'node:timers/promises';
import { SystemError } from '../../shared/turn/errors.ts';
import { QUIT } from '../../shared/turn/order.ts';
import { resultsOf, type Result } from '../../shared/task/results.ts';
import { next, type Outcome } from '../../shared/turn/outcome.ts';
import { agentArguments } from '../../shared/pod/step-command.ts';
import { after } from './deadline.ts';
import { LIFELINE, startAgentProcess, type AgentProcess } from './agent-process.ts';
import { agentsAhead } from './ahead.ts';
import { causedBy, isFailure, judge, reasonOf, type Cause, type Judgement } from './judge.ts';
import { type Report } from './events.ts';
import { openHolding } from './holding.ts';
import { type Layout } from './layout.ts';
import { type Lifeline } from './lifeline.ts';
import { Orders } from './orders.ts';
import { type LocalPlan, type LocalStep } from './plan.ts';
import { killDescendants } from './processes.ts';
import { type RunSettings } from './run-task.ts';
import { endOf } from './step-end.ts';

export interface Place {
  layout: Layout;
  lifeline: Lifeline;
}

/** How often it is looked for what is to be killed, and milliseconds between two looks. */
const KILL_ROUNDS = 200;
const KILL_PAUSE = 50;

export type Ran = Judgement & { outcomes: readonly Outcome[]; results: readonly Result[] };

export async function runSteps(plan: LocalPlan, place: Place, settings: RunSettings): Promise<Ran> {
  const { agent, report, stop, kill } = settings;
  const { task, steps, timeout } = plan;
  const begun = performance.now();
  const orders = new Orders(place.layout, place.lifeline);
  await orders.begin();

  const agents: AgentProcess[] = [];
  const ended = new Map<number, Outcome>();
  const stopped = untilAborted(stop, async () => {
    void report({ type: 'Stopping', task, signal: reasonOf(stop) });
    await orders.quit('Cancelled');
  });
  const killed = untilAborted(kill, async () => {
    // What waits to run always must not begin either.
    if (steps.some(({ always }) => always)) place.lifeline.cut();
    // Again and again: an agent that is being started is not listed yet, and its command begins later still.
    for (let round = 0; round < KILL_ROUNDS && ended.size < steps.length; round++) {
      await killDescendants(agents.map(({ pid }) => pid));
      await sleep(KILL_PAUSE);
    }
  });
  void report({
    type: 'TaskStarted',
    task,
    steps: steps.map(({ name }) => name),
    agent: agent.name,
    differences: plan.differences,
  });

  let cause: Cause | undefined;
  const quitFor = async (why: Cause): Promise<void> => {
    if (!stop.aborted) cause ??= why;
    await orders.quit('Failure');
  };
  let timedOut: Promise<void> | undefined;
  const onDeadline = (): void => {
    if (timeout !== undefined) timedOut = quitFor({ kind: 'timeout', text: timeout.text });
  };
  const forgetDeadline = timeout && after(timeout.ms, onDeadline);

  const holding = await openHolding(plan, place.layout, report);
  const heard: Report = (event) => {
    const taken = report(event);
    if (event.type === 'StepStarted') holding.begun(event.number);
    return taken;
  };
  const before = (step: LocalStep): (Outcome | undefined)[] => step.after.map((number) => ended.get(number));
  const agentOf = agentsAhead(steps, (started) => agents.push(started), {
    count: agent.ahead,
    start: (step) => start(step, place, settings),
    mayStart: (step) =>
      !kill.aborted &&
      (step.always ||
        (orders.order !== QUIT && before(step).every((each) => each === undefined || next(each) === 'go'))),
  });

  const lives: Promise<Outcome>[] = [];
  const live = async (step: LocalStep): Promise<Outcome> => {
    await turnOf(
      step,
      step.after.flatMap((number) => lives[number - 1] ?? []),
    );
    const found = await agentOf(step);
    const now = { order: orders.order, before: before(step), isKilled: kill.aborted, task, report: heard };
    // What is left of its output need not be waited for once it is to end.
    const end = await endOf(step, found, { ...now, hurry: step.always ? kill : stop });
    const outcome = causedBy(end, step.always || stop.aborted ? undefined : cause);
    ended.set(step.number, outcome);
    holding.over(step.number);
    const { version: _, ...record } = outcome;
    void report({ type: 'StepFinished', task, ...record });
    const isSilent = found === undefined || found instanceof SystemError || end.reason === 'AgentDied';
    if (isSilent && ended.size < steps.length) await orders.tell(outcome);
    if (plan.failFast && !step.always && isFailure(outcome)) await quitFor({ kind: 'failed', outcome });
    return outcome;
  };
  for (const step of steps) lives.push(live(step));

  await Promise.all(lives.filter((_, index) => steps[index]?.always !== true));
  forgetDeadline?.();
  const outcomes = await Promise.all(lives).finally(holding.close);
  await Promise.all([stopped(), killed(), timedOut]);

  const last = steps.filter(({ always }) => always).length;
  const judgement = judge(outcomes, { last, stop, cause });
  const durationMs = Math.round(performance.now() - begun);
  const ends = outcomes.map((outcome) => ({
    name: outcome.step,
    state: outcome.outcome,
    exitCode: outcome.exitCode,
    results: resultsOf(outcome),
  }));
  const results = plan.resultsOf(ends);
  void report({
    type: 'TaskFinished',
    task,
    ...judgement,
    durationMs,
    ...(results.length > 0 && { results }),
  });
  return { ...judgement, outcomes, results };
}

/** Resolves when all that comes before a step is over, or one of them stops it. */
async function turnOf({ always }: LocalStep, before: readonly Promise<Outcome>[]): Promise<void> {
  const all = Promise.all(before);
  if (always) return void (await all);
  const stops = before.map(
    async (each) => next(await each) === 'stop' || new Promise<never>(() => undefined),
  );
  await Promise.race([all, ...stops]);
}

async function start(
  step: LocalStep,
  { layout, lifeline }: Place,
  { agent, grace }: RunSettings,
): Promise<AgentProcess> {
  const files = layout.files(step.number, step.after);
  const workingDir = step.entersLate ? step.directory : undefined;
  const about = { name: step.name, always: step.always, workingDir, ...step.limits };
  const local = [
    ...(step.limits.gracePeriod === undefined ? ['--grace', grace] : []),
    ...['--lifeline', String(LIFELINE)],
  ];
  const args = [
    ...local,
    ...agentArguments(about, step.number, files, { argv: step.command, fill: step.fill }),
  ];
  const pipes = layout.pipes(step.number);
  return startAgentProcess(agent, args, step, { own: files.own, pipes, lifeline: lifeline.read });
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
