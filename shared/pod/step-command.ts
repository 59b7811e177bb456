/** What a step runs, and how the agent is told. */
import type { Step } from '../task/task.ts';
import type { Fill } from '../turn/fill.ts';
import { MAX_OUTCOME_BYTES } from '../turn/outcome.ts';
import { RESULTS_DIRECTORY } from '../turn/results.ts';

/**
 * The command that the Task itself gives a step: script, else command. `undefined` when neither is there, so that
 * the image's entrypoint decides.
 *
 * A script with a `#!` line is run as it is. Without one it is run by `/bin/sh -e`, so that the first line that
 * fails ends the step, as the default of Tekton's scripts has it.
 *
 * @param scriptPath - where the step's script is, should it have one
 * @example declaredCommand({ name: 'a', image: 'b', command: ['echo'], args: ['hi'] }, '') // ['echo', 'hi']
 */
export function declaredCommand(
  step: Pick<Step, 'script' | 'command' | 'args'>,
  scriptPath: string,
): readonly string[] | undefined {
  const args = step.args ?? [];
  if (step.script !== undefined && step.script !== '') {
    const interpreter = step.script.startsWith('#!') ? [] : ['/bin/sh', '-e'];
    return [...interpreter, scriptPath, ...args];
  }
  // As for the kubelet, an empty list is no command.
  return step.command?.length ? [...step.command, ...args] : undefined;
}

/** What a step runs, as its agent is told. */
export interface AgentCommand {
  /** With `entrypoints` only what comes after those. */
  argv: readonly string[];
  /** What comes first, for each platform; the agent chooses. */
  entrypoints?: Readonly<Record<string, readonly string[]>>;
  /** What of it only earlier steps can say. The words that it puts together are those of `argv`. */
  fill?: Fill | undefined;
}

/** The files that one step's agent waits for and writes. */
export interface AgentFiles {
  order: string;
  gate: string;
  /** What is said of steps that post no outcome; `undefined`: nobody says so. */
  over?: string | undefined;
  /** What held steps are told; a step that cannot be held does not need it. */
  resume?: string | undefined;
  /** The run directories of all steps that this one comes after. None: nothing comes before it. */
  before: readonly string[];
  /** The step's own run directory. */
  own: string;
  /** Where the outcome also goes, when it is not `/dev/termination-log`. */
  terminationLog?: string | undefined;
  /** How much of the outcome is read from there; see {@link outcomeBytes}. */
  outcomeBytes?: number | undefined;
}

/**
 * How many bytes of each termination message the kubelet keeps: of a pod 12 KiB, in equal shares. What agents know of it,
 * they do not lose silently.
 *
 * @param containers - how many the pod has, init containers too
 * @see https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/kubelet/status/status_manager.go normalizeStatus
 */
export function outcomeBytes(containers: number): number {
  return Math.min(MAX_OUTCOME_BYTES, Math.floor((12 * 1024) / containers));
}

/** What a step says that its agent is told. */
export type AgentStep = Pick<Step, 'name' | 'timeout' | 'onError' | 'retries' | 'workingDir'> & {
  /** Whether it is one of `finally`. */
  always?: boolean;
  gracePeriod?: string | undefined;
  retryDelay?: string | undefined;
  pause?: Step['pause'] | undefined;
  stdout?: { path: string } | undefined;
  stderr?: { path: string } | undefined;
  /** What it leaves; with none it is given no directory for it. */
  results?: readonly unknown[] | undefined;
};

/**
 * The agent's arguments for one step, the same in a pod and on a laptop.
 *
 * @param step - with a `workingDir`, if the agent is to enter it when the step's turn has come
 * @param number - the step's number, from 1
 */
export function agentArguments(
  step: AgentStep,
  number: number,
  files: AgentFiles,
  { argv, entrypoints, fill }: AgentCommand,
): string[] {
  return [
    ...['--wait', files.order, '--waitcontent', String(number), '--gate', files.gate],
    ...option('over', files.over),
    ...(files.before.length === 0 ? ['--first'] : files.before.flatMap((each) => ['--after', each])),
    ...(step.always === true ? ['--always'] : []),
    ...['--post', files.own, '--step', step.name],
    ...(step.workingDir === '' ? [] : option('workdir', step.workingDir)),
    ...option('termination-log', files.terminationLog),
    ...option('timeout', step.timeout),
    ...option('grace', step.gracePeriod),
    ...option('on-error', step.onError),
    ...option('retries', step.retries?.toString()),
    ...option('retry-delay', step.retryDelay),
    ...holdArguments(step, files),
    ...option('out', step.stdout?.path),
    ...option('err', step.stderr?.path),
    ...(step.results?.length
      ? [
          ...['--results', `${files.own}/${RESULTS_DIRECTORY}`],
          ...option('outcome-bytes', files.outcomeBytes?.toString()),
        ]
      : []),
    ...option('entrypoints', entrypoints && JSON.stringify(entrypoints)),
    // A variable's name may hold anything, and the kubelet replaces $(NAME) in every argument.
    ...option('fill', fill && JSON.stringify(fill).replaceAll('$', String.raw`\u0024`)),
    ...(argv.length === 0 ? [] : ['--command', ...argv]),
  ];
}

/** Whether a step can be held at all. */
export function isPausable({ pause }: Pick<AgentStep, 'pause'>): boolean {
  return pause !== undefined && pause.length > 0;
}

/** The agent knows one hold after the command: after each, or only after a failure. */
function holdArguments({ pause = [] }: AgentStep, { resume }: AgentFiles): string[] {
  if (pause.length === 0) return [];
  const after = pause.includes('After') ? 'always' : pause.includes('OnFailure') ? 'failure' : undefined;
  return [
    ...(pause.includes('Before') ? ['--pause-before'] : []),
    ...option('pause-after', after),
    ...option('resume', resume),
  ];
}

function option(name: string, value: string | undefined): string[] {
  return value === undefined ? [] : [`--${name}`, value];
}
