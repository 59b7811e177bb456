import { isPausable } from './holds.ts';
import { join } from 'node:path';
import { type Task } from '../../shared/task/task.ts';
import { print } from '../../shared/print.ts';
import { shellWord } from '../print.ts';
import { type AgentFiles } from '../../shared/pod/step-command.ts';
import { planTasks, type PlanSettings } from './plan-tasks.ts';
import { type LocalPlan } from './plan.ts';

/**
 * Prints what a run would do, and does nothing of it. Of the environment only the names are shown: the values may be
 * secrets.
 *
 * @throws {LocalRunError}
 */
export async function printPlans(
  tasks: readonly Task[],
  settings: PlanSettings,
  format: 'text' | 'json',
): Promise<void> {
  const { plans, layout } = planTasks(tasks, settings);
  const printed = plans.map((plan) => ({
    ...plan,
    workspaces: plan.workspaces.map(({ files, ...workspace }) => ({
      ...workspace,
      files: [...files.keys()],
    })),
    steps: plan.steps.map(({ shown, ...step }) => ({
      ...step,
      command: shown,
      env: Object.keys(step.env),
      files: layout.files(step.number, step.after),
    })),
  }));
  const text =
    format === 'json' ? `${JSON.stringify(printed, undefined, 2)}\n` : printed.map(planText).join('\n');
  await print(text);
}

type Printed = Omit<LocalPlan, 'steps' | 'workspaces'> & {
  workspaces: readonly { name: string; path: string }[];
  steps: readonly (Omit<LocalPlan['steps'][number], 'env' | 'shown'> & {
    env: readonly string[];
    files: AgentFiles;
  })[];
};

/** The order lets it begin, or that all before it are over; a step of `finally` needs that. */
function waitsFor({ order, before }: AgentFiles, always: boolean): string {
  const outcomes = before.map((each) => join(each, 'outcome.json')).join(' and ');
  if (always) return outcomes;
  return outcomes === '' ? order : `${order} or ${outcomes}`;
}

function planText({ task, differences, steps, workspaces }: Printed): string {
  const blocks = steps.map(({ number, name, always, command, directory, env, files, limits }) => [
    `  ${number} ${name}`,
    `    command      ${command.map(shellWord).join(' ')}`,
    `    directory    ${directory}`,
    `    environment  ${env.join(' ')}`,
    `    waits for    ${waitsFor(files, always)}`,
    ...(isPausable({ limits }) ? [`    held         ${limits.pause?.join(', ')}`] : []),
  ]);
  return [
    `Task ${task}`,
    ...differences.map((difference) => `  (${difference})`),
    ...workspaces.map(({ name, path }) => `  workspace ${name}  ${path}`),
    ...blocks.flat(),
    '',
  ].join('\n');
}
