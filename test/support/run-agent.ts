import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { onTestFinished } from 'vitest';
import { OUTCOME_FILE, parseOutcome, type Outcome } from '../../shared/turn/outcome.ts';
import { type Agent } from './agents.ts';

interface Settings {
  cwd?: string;
  env?: Record<string, string>;
  input?: string;
  /** Gives it descriptor 3, a stream whose other end is the test's. */
  lifeline?: boolean;
}

/** What a person or the kubelet sees of an agent that ended. */
export interface Seen {
  exitCode: number | undefined;
  signal: string | undefined;
  stdout: string;
  stderr: string;
}

/** Starts an agent; the test that did must await its end, and an agent that outlives its test is killed. */
export function startAgent(
  agent: Agent,
  args: readonly string[],
  { cwd, env, input = '', lifeline = false }: Settings = {},
) {
  const [file, ...before] = agent.command;
  const subprocess = execa(file, [...before, ...args], {
    ...(cwd !== undefined && { cwd }),
    ...(env !== undefined && { env }),
    input,
    ...(lifeline && { stdio: ['pipe', 'pipe', 'pipe', 'pipe'] }),
    reject: false,
    stripFinalNewline: false,
    maxBuffer: 64 * 1024 * 1024,
    // A test that sends SIGTERM wants to see what the agent makes of it, however busy the machine is.
    forceKillAfterDelay: false,
  });
  onTestFinished(() => void subprocess.kill('SIGKILL'));
  return subprocess;
}

/** Runs an agent to its end. */
export async function runAgent(
  agent: Agent,
  args: readonly string[],
  settings: Settings = {},
): Promise<Seen> {
  const { exitCode, signal, stdout, stderr } = await startAgent(agent, args, settings);
  return { exitCode, signal, stdout, stderr };
}

/** The outcome in a run directory. */
export async function outcomeIn(directory: string): Promise<Outcome> {
  return parseOutcome(await readFile(join(directory, OUTCOME_FILE), 'utf8'));
}
