/** Runs a Task on this machine: the agents hand over among themselves; this is their kubelet and controller. */
import { type Images } from '../../shared/image/steps.ts';
import { type Outcome } from '../../shared/turn/outcome.ts';
import { type DataObject } from '../../shared/manifest/data-objects.ts';
import { everyStep } from '../../shared/task/finally.ts';
import { withName } from '../../shared/task/name.ts';
import { type Result } from '../../shared/task/results.ts';
import { type Task } from '../../shared/task/task.ts';
import { type AgentProgram } from './agent-program.ts';
import { type Report } from './events.ts';
import { type Judgement } from './judge.ts';
import { makeLayout, makeWorkspace, writeScript, type Layout } from './layout.ts';
import { openLifeline } from './lifeline.ts';
import { makePipes } from './pipes.ts';
import { problemWith } from './plan-tasks.ts';
import { planTask, type LocalPlan } from './plan.ts';
import { removeTree } from './remove.ts';
import { runSteps, type Ran } from './run-steps.ts';

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
  /** Aborted with the name of a signal, or of another reason: the steps that run are stopped, the rest is cancelled, and those of `finally` run. */
  stop: AbortSignal;
  /** Aborted: everything that still runs is killed. */
  kill: AbortSignal;
  report: Report;
}

export interface TaskResult extends Omit<Judgement, 'message'> {
  /** How each step ended, in their order. */
  outcomes: readonly Outcome[];
  /** The Task's own results. */
  results: readonly Result[];
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
  const layout = await makeLayout(everyStep(task.spec).length);
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
