/** One container as a process of this machine. */
import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { open, readdir, readFile, writeFile } from 'node:fs/promises';
import { constants } from 'node:os';
import { delimiter, join } from 'node:path';

export interface ProcessSpec {
  /** For the files beside it. */
  name: string;
  command: readonly [string, ...string[]];
  args: readonly string[];
  env: Readonly<Record<string, string>>;
  /** A directory of the container's own. */
  directory: string;
  /** Whether the command takes the agent's flags. */
  agent: boolean;
  /** The file to which every start of the step's command is added as one line. */
  startsFile: string;
}

export interface ContainerProcess {
  exited: Promise<{ exitCode: number; message: string }>;
  /** SIGTERM, and SIGKILL to all that is left of it after the grace, ms. */
  end: (grace: number) => void;
  kill: () => void;
}

/** Starts it; its output is in `NAME.log` in its directory. */
export async function startProcess(spec: ProcessSpec): Promise<ContainerProcess> {
  const { name, command, directory, env, agent } = spec;
  const messageFile = join(directory, `${name}.termination-log`);
  // The kubelet makes it: an agent writes into it only if it is there.
  await writeFile(messageFile, '');
  const [file, ...before] = command;
  const args = [...before, ...(agent ? agentArgs(spec, messageFile) : spec.args)];
  const log = await open(join(directory, `${name}.log`), 'a');
  const mark = `${MARK}=${randomUUID()}`;
  const child = spawn(file, args, {
    cwd: directory,
    env: { PATH: process.env['PATH'], HOME: directory, ...env, ...markOf(mark) },
    stdio: ['ignore', log.fd, log.fd],
    // Signals of a terminal are not meant for it.
    detached: true,
  });
  let killer: NodeJS.Timeout | undefined;
  const exited = new Promise<{ exitCode: number; message: string }>((resolve) => {
    const done = async (exitCode: number): Promise<void> => {
      clearTimeout(killer);
      await log.close();
      // As the kernel does with what PID 1 leaves behind.
      await killAll(mark);
      resolve({ exitCode, message: await readFile(messageFile, 'utf8').catch(() => '') });
    };
    child.once('error', () => void done(128));
    child.once(
      'exit',
      (code, signal) => void done(code ?? 128 + (signal === null ? 0 : constants.signals[signal])),
    );
  });
  return {
    exited,
    end: (grace) => {
      child.kill('SIGTERM');
      killer ??= setTimeout(() => void killAll(mark), grace);
    },
    kill: () => void killAll(mark),
  };
}

/** What a container's processes inherit, so that they are found: an agent gives its command a group of its own. */
const MARK = 'TASKFLOW_TEST_CONTAINER';

function markOf(mark: string): Record<string, string> {
  return { [MARK]: mark.slice(MARK.length + 1) };
}

/** Ends every process that was started with the mark, and those that they start meanwhile. */
async function killAll(mark: string): Promise<void> {
  for (;;) {
    const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
    const marked = await Promise.all(
      pids.map(async (pid) => {
        // What has ended has no environment any more.
        const environment = await readFile(`/proc/${pid}/environ`, 'utf8').catch(() => '');
        return environment.split('\0').includes(mark);
      }),
    );
    const left = pids.filter((_, index) => marked[index]);
    if (left.length === 0) return;
    for (const pid of left) {
      try {
        process.kill(Number(pid), 'SIGKILL');
      } catch {
        // It is gone.
      }
    }
  }
}

/** The agent's arguments with its termination log here, and with a note of every start of the step's command. */
function agentArgs({ args, name, startsFile, env }: ProcessSpec, messageFile: string): string[] {
  const marker = args.findIndex((arg) => arg === '--command' || arg === '--');
  const flags = marker < 0 ? [...args] : args.slice(0, marker);
  const at = flags.indexOf('--termination-log');
  if (at >= 0) flags.splice(at, 2);
  const own = [...flags, '--termination-log', messageFile];
  if (marker < 0) return own;
  const command = args.slice(marker + 1);
  // With entrypoints the agent puts something before it, and --fill counts the words; what cannot be started is the agent's to tell.
  const isFixed = flags.includes('--entrypoints') || flags.includes('--fill');
  const noted = isFixed || !canStart(command[0], env['PATH']) ? [] : note(name, startsFile);
  return [...own, '--command', ...noted, ...command];
}

function note(name: string, file: string): string[] {
  return ['/bin/sh', '-c', 'echo "$1 $(date +%s%3N)" >> "$2"; shift 2; exec "$@"', 'sh', name, file];
}

function canStart(program: string | undefined, path = process.env['PATH'] ?? ''): boolean {
  if (program === undefined) return false;
  if (program.includes('/')) return existsSync(program);
  return path.split(delimiter).some((folder) => existsSync(join(folder, program)));
}
