/** One agent of a local run, as a process. */
import { readFile } from 'node:fs/promises';
import { PassThrough } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { execa } from 'execa';
import { SystemError } from '../../shared/turn/errors.ts';
import { signalNumber } from '../../shared/turn/signals.ts';
import { OUTCOME_FILE, OutcomeError, parseOutcome, type Outcome } from '../../shared/turn/outcome.ts';
import { type AgentProgram } from './agent-program.ts';
import { eachLine } from './lines.ts';
import { type LocalStep } from './plan.ts';

/** How long the output may stay open after the agent ended: something that the command left behind holds it. */
const DRAIN = 1_000;

export interface AgentProcess {
  /** Passes the output on line by line, from its begin, until it ends. Until then it waits in the pipe. */
  printTo(onLine: (stream: 'stdout' | 'stderr', line: string) => void): Promise<void>;
  /** The outcome that the agent posted, or one that says it died without a word. */
  outcome(): Promise<Outcome>;
}

/**
 * @param args - the agent's arguments
 * @param own - the step's run directory
 */
export function startAgentProcess(
  agent: AgentProgram,
  args: readonly string[],
  step: LocalStep,
  own: string,
): AgentProcess {
  const [file, ...before] = agent.command;
  const subprocess = execa(file, [...before, ...args], {
    cwd: step.directory,
    env: step.env,
    stdin: 'ignore',
    stdout: 'pipe',
    stderr: 'pipe',
    buffer: false,
    reject: false,
    // A session of its own: Ctrl-C in the terminal is for this program, which stops the steps by the order.
    detached: true,
    cleanup: false,
  });
  const ended = new Promise<End>((resolve) => {
    subprocess.nodeChildProcess.once('exit', (code, signal) => resolve({ code, signal }));
    // The result also waits for the streams; it is what tells that there never was a process.
    void subprocess.then(({ code: errno = 'EIO' }) => resolve({ code: null, signal: null, errno }));
  });
  // Node and execa throw away, once the process ended, what nobody has begun to read. Here it waits for its turn;
  // a stream that is not read holds the step back as a full pipe does.
  const outputs = {
    stdout: subprocess.stdout.pipe(new PassThrough()),
    stderr: subprocess.stderr.pipe(new PassThrough()),
  };

  return {
    async printTo(onLine) {
      const printed = Promise.all([
        eachLine(outputs.stdout, (line) => onLine('stdout', line)),
        eachLine(outputs.stderr, (line) => onLine('stderr', line)),
      ]);
      await Promise.race([printed, ended.then(() => sleep(DRAIN, undefined, { ref: false }))]);
      for (const stream of [subprocess.stdout, subprocess.stderr, ...Object.values(outputs)])
        stream.destroy();
      await printed;
    },
    async outcome() {
      const end = await ended;
      return (await readOutcome(own)) ?? diedSilently(step, end);
    },
  };
}

/** How an agent's process ended, or that there never was one. */
interface End {
  code: number | null;
  signal: NodeJS.Signals | null;
  errno?: string;
}

async function readOutcome(directory: string): Promise<Outcome | undefined> {
  try {
    return parseOutcome(await readFile(`${directory}/${OUTCOME_FILE}`, 'utf8'));
  } catch (error) {
    if (error instanceof OutcomeError || (error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

function diedSilently({ name, number }: LocalStep, { code, signal, errno }: End): Outcome {
  const how = signal ?? `exit code ${code}`;
  return {
    version: 1,
    step: name,
    number,
    outcome: 'Error',
    exitCode: signal === null ? (code ?? 125) || 125 : 128 + (signalNumber(signal) ?? 0),
    ...(signal !== null && { signal }),
    finishedAt: new Date().toISOString(),
    attempts: 0,
    reason: 'AgentDied',
    message:
      errno === undefined
        ? `its agent ended with ${how} and posted no outcome`
        : new SystemError(errno, 'its agent cannot be started').message,
  };
}
