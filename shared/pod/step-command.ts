/** What a step runs, and how the agent is told. */
import type { Step } from '../task/task.ts';

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
}

/** The files that one step's agent waits for and writes. */
export interface AgentFiles {
  order: string;
  gate: string;
  /** The predecessor's run directory; `undefined`: nothing comes before this step. */
  before: string | undefined;
  /** The step's own run directory. */
  own: string;
  /** Where the outcome also goes, when it is not `/dev/termination-log`. */
  terminationLog?: string | undefined;
}

/**
 * The agent's arguments for one step, the same in a pod and on a laptop.
 *
 * @param step - with a `workingDir`, if the agent is to enter it when the step's turn has come
 * @param number - the step's number, from 1
 */
export function agentArguments(
  step: Pick<Step, 'name' | 'timeout' | 'onError' | 'retries' | 'workingDir'>,
  number: number,
  files: AgentFiles,
  { argv, entrypoints }: AgentCommand,
): string[] {
  return [
    ...['--wait', files.order, '--waitcontent', String(number), '--gate', files.gate],
    ...(files.before === undefined ? ['--first'] : ['--after', files.before]),
    ...['--post', files.own, '--step', step.name],
    ...(step.workingDir === undefined || step.workingDir === '' ? [] : ['--workdir', step.workingDir]),
    ...(files.terminationLog === undefined ? [] : ['--termination-log', files.terminationLog]),
    ...(step.timeout === undefined ? [] : ['--timeout', step.timeout]),
    ...(step.onError === undefined ? [] : ['--on-error', step.onError]),
    ...(step.retries === undefined ? [] : ['--retries', String(step.retries)]),
    ...(entrypoints === undefined ? [] : ['--entrypoints', JSON.stringify(entrypoints)]),
    ...(argv.length === 0 ? [] : ['--command', ...argv]),
  ];
}
