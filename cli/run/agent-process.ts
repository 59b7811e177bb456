/** One agent of a local run, as a process. */
import { spawn, type ChildProcess, type StdioOptions } from 'node:child_process';
import { once } from 'node:events';
import { closeSync } from 'node:fs';
import { readFile, rm } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { SystemError } from '../../shared/turn/errors.ts';
import { signalNumber } from '../../shared/turn/signals.ts';
import { OUTCOME_FILE, OutcomeError, parseOutcome, type Outcome } from '../../shared/turn/outcome.ts';
import { type AgentProgram } from './agent-program.ts';
import { withEnvironment } from './environment.ts';
import { eachLine } from './lines.ts';
import { openPipes, readerOf } from './pipes.ts';
import { type LocalStep } from './plan.ts';

/** How long the output may be silent after the agent ended: something that the command left behind holds it open. */
const DRAIN = 1_000;

/** The descriptor under which an agent finds its lifeline. */
export const LIFELINE = 3;

export interface AgentProcess {
  pid: number;
  /**
   * Passes the output on line by line, from its begin, until it ends. Until then it waits in the pipe, which holds
   * back a step that prints more. Once `hurry` is aborted and the agent is over, nothing is waited for long. `onRest` is given
   * the end of a line that has begun and may go on.
   */
  printTo(onLine: OnOutput, hurry: AbortSignal, onRest?: (begun: string) => void): Promise<void>;
  /** The outcome that the agent posted, or one that says it died without a word. */
  outcome(): Promise<Outcome>;
}

/** A line of the output, or a part of one that goes on. What it returns is waited for. */
export type OnOutput = (
  stream: 'stdout' | 'stderr',
  bytes: Buffer,
  isPartial: boolean,
) => void | Promise<void>;

export interface AgentSurroundings {
  /** The step's run directory. */
  own: string;
  /** Named pipes for its output. */
  pipes: { stdout: string; stderr: string };
  /** Open for reading; its end of file tells the agent that the run is gone. */
  lifeline: number;
}

/**
 * @param args - the agent's arguments
 * @throws {SystemError} when the system cannot start it now
 */
export async function startAgentProcess(
  agent: AgentProgram,
  args: readonly string[],
  step: LocalStep,
  { own, pipes, lifeline }: AgentSurroundings,
): Promise<AgentProcess> {
  const [stdout, stderr] = openPipes([pipes.stdout, pipes.stderr]);
  const { child, ended } = await spawned(agent, args, step, ['ignore', stdout.write, stderr.write, lifeline])
    .catch((error: unknown) => {
      for (const { read } of [stdout, stderr]) closeSync(read);
      throw error;
    })
    .finally(() => {
      // The agent and its command have them; their end is to be the pipe's.
      for (const { write } of [stdout, stderr]) closeSync(write);
    });
  // The command can still open them, by /dev/stdout; nobody else needs to.
  for (const path of Object.values(pipes)) await rm(path);

  return {
    pid: child.pid ?? 0,
    async printTo(onLine, hurry, onRest) {
      const readers = [readerOf(stdout.read), readerOf(stderr.read)] as const;
      let isOver = false;
      let held = 0;
      const pass = (name: 'stdout' | 'stderr', bytes: Buffer, isPartial: boolean): void | Promise<void> => {
        const taken = isOver ? undefined : onLine(name, bytes, isPartial);
        if (taken === undefined) return;
        held++;
        return taken.finally(() => held--);
      };
      const printed = Promise.all([
        eachLine(readers[0], (bytes, isPartial) => pass('stdout', bytes, isPartial), onRest),
        eachLine(readers[1], (bytes, isPartial) => pass('stderr', bytes, isPartial), onRest),
      ]);
      const received = (): number => readers[0].bytesRead + readers[1].bytesRead;
      // A reader of ours that is slow is no silence of the step's.
      const isSilent = (since: number): boolean => hurry.aborted || (held === 0 && received() === since);
      await Promise.race([printed, ended.then(() => untilSilent(received, isSilent))]);
      isOver = hurry.aborted;
      for (const reader of readers) reader.destroy();
      if (!isOver) await printed;
    },
    async outcome() {
      const end = await ended;
      return (await readOutcome(own)) ?? diedSilently(step, end);
    },
  };
}

async function untilSilent(received: () => number, isSilent: (since: number) => boolean): Promise<void> {
  for (;;) {
    const before = received();
    await sleep(DRAIN, undefined, { ref: false });
    if (isSilent(before)) return;
  }
}

/** How an agent's process ended. */
interface End {
  code: number | null;
  signal: NodeJS.Signals | null;
}

/** @throws {SystemError} */
async function spawned(
  { command }: AgentProgram,
  own: readonly string[],
  step: LocalStep,
  stdio: StdioOptions,
): Promise<{ child: ChildProcess; ended: Promise<End> }> {
  // Its agent has to be somewhere meanwhile.
  const directory = step.entersLate ? '/' : step.directory;
  try {
    const { file, args, env } = withEnvironment([...command, ...own], step.env);
    const child = spawn(file, args, {
      cwd: directory,
      env,
      stdio,
      // A session of its own: Ctrl-C in the terminal is for this program, which stops the steps by the order.
      detached: true,
    });
    const ended = new Promise<End>((resolve) => {
      child.once('exit', (code, signal) => resolve({ code, signal }));
    });
    await once(child, 'spawn');
    return { child, ended };
  } catch (error) {
    const { code = 'EIO' } = error as NodeJS.ErrnoException;
    const ofDirectory = ['ENOENT', 'EACCES', 'ENOTDIR'].includes(code);
    throw new SystemError(code, `its agent cannot be started${ofDirectory ? ` in ${directory}` : ''}`);
  }
}

async function readOutcome(directory: string): Promise<Outcome | undefined> {
  try {
    return parseOutcome(await readFile(`${directory}/${OUTCOME_FILE}`, 'utf8'));
  } catch (error) {
    if (error instanceof OutcomeError || (error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

function diedSilently(step: LocalStep, { code, signal }: End): Outcome {
  const exitCode = signal === null ? (code ?? 125) || 125 : 128 + (signalNumber(signal) ?? 0);
  const message = `its agent ended with ${signal ?? `exit code ${code}`} and posted no outcome`;
  return { ...lost(step, message, exitCode), ...(signal !== null && { signal }) };
}

/** The outcome of a step whose agent said none. Nobody behind it would ever hear of its end. */
export function lost({ name, number }: LocalStep, message: string, exitCode = 125): Outcome {
  return {
    version: 1,
    step: name,
    number,
    outcome: 'Error',
    exitCode,
    finishedAt: new Date().toISOString(),
    attempts: 0,
    reason: 'AgentDied',
    message,
  };
}
