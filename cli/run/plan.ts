/** What a local run of a Task will do: pure, and all that cannot be done here is said before anything starts. */
import { resolve } from 'node:path';
import { hostPlatform } from '../../shared/turn/host-platform.ts';
import { parseDuration } from '../../shared/turn/duration.ts';
import { expand } from '../../shared/turn/expansion.ts';
import { imageFor } from '../../shared/image/found.ts';
import { imageWords } from '../../shared/image/resolve.ts';
import { type Images } from '../../shared/image/steps.ts';
import { findData, type DataObject } from '../../shared/manifest/data-objects.ts';
import { NoCommandError } from '../../shared/pod/pod.ts';
import { declaredCommand, type AgentStep } from '../../shared/pod/step-command.ts';
import { everyStep } from '../../shared/task/finally.ts';
import { predecessorsOf } from '../../shared/task/graph.ts';
import { fillOf } from '../../shared/task/references/run-time.ts';
import { forKubelet } from '../../shared/task/references/tokens.ts';
import { type Result } from '../../shared/task/results.ts';
import { taskResults, type StepEnd } from '../../shared/task/task-results.ts';
import { type Fill } from '../../shared/turn/fill.ts';
import { nameOf } from '../../shared/task/name.ts';
import { wholeOf, type CompleteStep } from '../../shared/task/step-template.ts';
import { type Task, type TaskSpec, type Workspace } from '../../shared/task/task.ts';
import { differences } from './differences.ts';
import { isInMount, mountProblems, workspaceProblems } from './mounts.ts';
import {
  localPath,
  localPaths,
  localWorkspaces,
  type Directories,
  type LocalPaths,
  type LocalWorkspace,
} from './workspaces.ts';
import { variablesOf, type Sources } from './variables.ts';

export interface LocalStep {
  name: string;
  /** From 1. */
  number: number;
  /** The numbers of those that must be over before it begins. */
  after: readonly number[];
  /** Whether it runs whatever became of those: one of `finally`. */
  always: boolean;
  image: string;
  /** What runs, with `$(NAME)` replaced as the kubelet would. */
  command: readonly string[];
  /** The same without what may be a secret: those `$(NAME)` stay as they are written. */
  shown: readonly string[];
  /** What is added to the environment of `taskflow run`. */
  env: Readonly<Record<string, string>>;
  /** Where it runs. */
  directory: string;
  /** Whether it goes there when its turn has come, as in a pod: an earlier step may have made the directory by then. */
  entersLate: boolean;
  script: { path: string; text: string } | undefined;
  /** What the agent is told besides: its time limit, what a failure does, retries. */
  limits: Omit<AgentStep, 'name' | 'always' | 'workingDir'>;
  /** What of the command only earlier steps can say. */
  fill: Fill | undefined;
  /** The directories in workspaces that it has instead of all of them. */
  parts: readonly string[];
}

export interface LocalPlan {
  task: string;
  steps: readonly LocalStep[];
  workspaces: readonly LocalWorkspace[];
  /** The Task's own results. */
  resultsOf: (steps: readonly StepEnd[]) => Result[];
  /** Whether a step that fails ends the others, too. */
  failFast: boolean;
  /** How long the run may take, as the Task says it and in milliseconds. */
  timeout: { text: string; ms: number } | undefined;
  /** What is different from a pod, one sentence each. */
  differences: readonly string[];
}

export interface LocalSettings {
  /** Where steps run that name no working directory. */
  directory: string;
  /** Where the steps' scripts will be. */
  scripts: string;
  /** The directory for the temporary files of one step, which no other sees. */
  temporary: (number: number) => string;
  /** What `$(results.NAME.path)` is. */
  paths: LocalPaths;
  /** Directories for workspaces. */
  workspaces: Directories;
  /** Variables that replace or add to those of every step. */
  env: ReadonlyMap<string, string>;
  /** Go on although volumes cannot be mounted. */
  ignoreMounts: boolean;
  /** The ConfigMaps and Secrets that there are. */
  data?: readonly DataObject[];
  /** What the images run of those steps that leave it to them. */
  images?: Images;
  /** Why a process cannot be started in a directory of this machine; `undefined` when it can. */
  problemWith: (directory: string) => string | undefined;
}

/** Everything about a Task that a process on this machine cannot have. */
export class LocalRunError extends Error {
  override name = 'LocalRunError';
  readonly problems: readonly string[];

  constructor(task: string, problems: readonly string[]) {
    super(problems.map((problem) => `Task ${task}: ${problem}`).join('\n'));
    this.problems = problems;
  }
}

/**
 * @throws {LocalRunError} with every reason why the Task cannot run here.
 */
export function planTask(task: Task, settings: LocalSettings): LocalPlan {
  const name = nameOf(task);
  const problems: string[] = [];
  const whole = wholeOf(task.spec, localPaths(settings.paths, settings.workspaces));
  const { workspaces: declared = [] } = whole;
  const given = everyStep(whole);
  const find: Sources['find'] = (wanted) => findData(settings.data ?? [], wanted, task.metadata.namespace);
  const report = (problem: string): void => void problems.push(problem);
  const workspaces = localWorkspaces(declared, { ...settings.workspaces, find, report });
  const predecessors = predecessorsOf(whole);
  const numbers = new Map(given.map((step, index) => [step.name, index + 1]));
  const runOf = (step: string): string => settings.paths.run(numbers.get(step) ?? 0);
  const steps = given.map((step, index) => {
    const report = (problem: string): void => void problems.push(`step ${step.name} ${problem}`);
    const planned = {
      ...planStep(step, index + 1, { ...settings, find, declared, runOf }, report),
      after: predecessors[index] ?? [],
    };
    mountProblems(step, planned, settings).forEach(report);
    workspaceProblems(step, planned, { declared, workspaces }).forEach(report);
    return planned;
  });
  if (problems.length > 0) throw new LocalRunError(name, problems);
  const said = differences(given, task.spec, settings.directory);
  const { failFast = false } = task.spec;
  const resultsOf = (ends: readonly StepEnd[]): Result[] =>
    taskResults(task.spec, ends, localPaths(settings.paths, settings.workspaces));
  return {
    task: name,
    steps,
    workspaces,
    resultsOf,
    failFast,
    timeout: timeoutOf(task.spec),
    differences: said,
  };
}

function planStep(
  step: CompleteStep,
  number: number,
  settings: LocalSettings &
    Pick<Sources, 'find'> & { declared: readonly Workspace[]; runOf: (step: string) => string },
  report: (problem: string) => void,
): Omit<LocalStep, 'after'> {
  const path = resolve(settings.scripts, step.name);
  const before = wordsOfImage(step, settings);
  if (before === undefined) report(new NoCommandError([step]).message.replace(`step ${step.name} `, ''));
  // As for the kubelet, what the image says is taken as it is.
  const argv = [...(before ?? []).map(forKubelet), ...(declaredCommand(step, path) ?? step.args ?? [])];
  // What the user gives is no longer up to earlier steps.
  const env = step.env?.map((each) => {
    const given = settings.env.get(each.name);
    return given === undefined ? each : { name: each.name, value: forKubelet(given) };
  });
  const told = fillOf({ argv, env, when: step.when }, settings.runOf);
  const variables = variablesOf(
    { ...step, ...(env && { env: told.env ?? [] }) },
    { given: settings.env, find: settings.find, report },
  );
  const command = told.argv.map((word) => expand(word, variables.all));
  if (command.some((word) => word.includes('\0')))
    report('has a NUL in its command, which no program can be given');
  return {
    name: step.name,
    number,
    always: step.always === true,
    image: step.image,
    command,
    // What only earlier steps can say stays as it is written.
    shown: argv.map((word) => expand(word, variables.open)),
    fill: told.fill,
    env: { TMPDIR: settings.temporary(number), ...Object.fromEntries(variables.all) },
    directory: workingDirectory(step, number, settings, report),
    entersLate: Boolean(step.workingDir),
    script: step.script ? { path, text: step.script } : undefined,
    limits: limitsOf(step),
    parts: partsOf(step, settings),
  };
}

function limitsOf(step: CompleteStep): LocalStep['limits'] {
  const { timeout, onError, retries, retryDelay, gracePeriod, stdout, stderr, results, pause } = step;
  return {
    ...(timeout !== undefined && { timeout }),
    ...(onError !== undefined && { onError }),
    ...(retries !== undefined && { retries }),
    ...(retryDelay !== undefined && { retryDelay }),
    ...(gracePeriod !== undefined && { gracePeriod }),
    ...(stdout !== undefined && { stdout }),
    ...(stderr !== undefined && { stderr }),
    ...(results !== undefined && { results }),
    ...(pause !== undefined && { pause }),
  };
}

function timeoutOf({ timeout: text }: TaskSpec): LocalPlan['timeout'] {
  const ms = text === undefined ? undefined : parseDuration(text);
  return text === undefined || ms === undefined ? undefined : { text, ms };
}

/** What the image puts in front, on this machine; `undefined` when nobody knows. */
function wordsOfImage(step: CompleteStep, { images }: LocalSettings): readonly string[] | undefined {
  if (declaredCommand(step, '') !== undefined) return [];
  const found = images?.get(step.image);
  return found && imageWords(imageFor(found, hostPlatform()), step.args);
}

function partsOf(
  { workspaces = [] }: CompleteStep,
  { declared, workspaces: directories }: { declared: readonly Workspace[]; workspaces: Directories },
): string[] {
  return workspaces.flatMap(({ name, subPath }) => {
    const workspace = declared.find((each) => each.name === name);
    const path = workspace && subPath && localPath(workspace, directories, subPath);
    return path ? [path] : [];
  });
}

function workingDirectory(
  step: CompleteStep,
  number: number,
  settings: LocalSettings,
  report: (problem: string) => void,
): string {
  const { workingDir } = step;
  const directory = workingDir ? resolve(settings.directory, workingDir) : settings.directory;
  const problem = settings.problemWith(directory);
  // What an earlier step may make, and what is wrong with the mount that it is in, is said elsewhere.
  const isInWorkspace = [...settings.workspaces.given.values(), settings.workspaces.root].some((each) =>
    `${directory}/`.startsWith(`${each}/`),
  );
  if (problem !== undefined && !(workingDir && (number > 1 || isInMount(step) || isInWorkspace))) {
    report(
      !workingDir
        ? `runs in ${directory}, which ${problem}; change to another directory, or give it a workingDir`
        : `has the workingDir ${workingDir}, which ${problem}; make it, or leave workingDir out`,
    );
  }
  return directory;
}
