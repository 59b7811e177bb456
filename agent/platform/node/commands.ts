import { accessSync, constants, statSync } from 'node:fs';
import { constants as system } from 'node:os';
import { type Readable, type Writable } from 'node:stream';
import { execa } from 'execa';
import { SystemError } from '../../../shared/turn/errors.ts';
import { type Command, type Exit, type Running, type Surroundings } from '../../platform.ts';
import { SIGKILL, signalNumber } from '../../../shared/turn/signals.ts';
import { ownDescendants } from './descendants.ts';
import { openToAppend, systemError } from './files.ts';
import { tee, type Tee } from './tee.ts';
import { sharesTerminal } from './terminal.ts';

/** SIGHUP, SIGINT, SIGQUIT and SIGTERM wait at a process that is stopped until it is continued. */
const ENDING: readonly number[] = [1, 2, 3, 15];

/** Each command that was started, by its pid: with no terminal it leads a session and a group of that number. */
const started: number[] = [];

export function start(command: Command, around: Surroundings, ring: () => void): Running {
  const [file = '', ...args] = command.argv;
  const astray = around.workdir === undefined ? undefined : cannotEnter(around.workdir);
  if (astray !== undefined) return neverRan({ kind: 'astray', error: astray });
  const logs = { out: openLog(around.out), err: openLog(around.err) };

  let exit: Exit | undefined;
  let drained = false;
  const subprocess = execa(file, args, {
    stdin: 'inherit',
    stdout: around.out === undefined ? 'inherit' : 'pipe',
    stderr: around.err === undefined ? 'inherit' : 'pipe',
    env: around.env,
    ...(around.workdir !== undefined && { cwd: around.workdir }),
    buffer: false,
    reject: false,
    detached: !sharesTerminal,
    cleanup: false,
  });
  const { pid } = subprocess;
  if (pid !== undefined) started.push(pid);
  const tees = [
    ...startTee(subprocess.stdout, { to: process.stdout, name: 'standard output' }, logs.out),
    ...startTee(subprocess.stderr, { to: process.stderr, name: 'standard error' }, logs.err),
  ];
  subprocess.nodeChildProcess.once('exit', (code, signal) => {
    exit =
      code === null
        ? { kind: 'signaled', signal: signalNumber(signal ?? '') ?? 0 }
        : { kind: 'exited', code };
    ring();
  });
  void Promise.all([subprocess, ...tees.map(({ over }) => over)]).then(([result]) => {
    exit ??= { kind: 'unstartable', error: unstartable(result.cause, result.code, file) };
    drained = true;
    ring();
  });
  return {
    exit: () => exit,
    drained: () => drained,
    flow() {
      const flows = tees.map((each) => each.flow());
      return { moved: sum(flows.map(({ moved }) => moved)), left: sum(flows.map(({ left }) => left)) };
    },
    losses: () => tees.flatMap((each) => each.losses()),
    signal(signal) {
      if (pid === undefined) return true;
      const to = sharesTerminal ? pid : -pid;
      send(to, signal);
      // Node does not say whether it is stopped; nearly always nothing comes of it where it is not.
      if (ENDING.includes(signal)) send(to, system.signals.SIGCONT);
      // kill(2) of a group succeeds when one of it may be sent the signal, which need not be the command.
      return send(pid, 0) !== 'EPERM';
    },
  };
}

export function killRest(): boolean {
  const rest = ownDescendants(started);
  if (rest !== undefined) return rest.filter(({ pid }) => send(pid, SIGKILL) === undefined).length > 0;
  if (!sharesTerminal) for (const pid of started) send(-pid, SIGKILL);
  return false;
}

/** Returns the errno of a signal that was not sent. */
function send(to: number, signal: number): string | undefined {
  try {
    process.kill(to, signal);
    return undefined;
  } catch (error) {
    return systemError(error, 'kill').code;
  }
}

/** Why a directory cannot be the one that a command runs in; with `spawn` it would be the command that is missing. */
function cannotEnter(directory: string): SystemError | undefined {
  if (!directory.startsWith('/')) return new SystemError('EINVAL', directory);
  try {
    if (!statSync(directory).isDirectory()) return new SystemError('ENOTDIR', directory);
    accessSync(directory, constants.X_OK);
    return undefined;
  } catch (error) {
    return systemError(error, directory);
  }
}

function neverRan(exit: Exit): Running {
  return {
    exit: () => exit,
    drained: () => true,
    flow: () => ({ moved: 0, left: 0 }),
    losses: () => [],
    signal: () => true,
  };
}

function unstartable(cause: unknown, code: string | undefined, file: string): SystemError {
  return code === undefined ? systemError(cause, file) : new SystemError(code, file);
}

/** Opens the file that gets a copy of a stream; one that cannot be opened must show before the command runs. */
function openLog(path: string | undefined): Log | undefined {
  return path === undefined ? undefined : { descriptor: openToAppend(path), path };
}

interface Log {
  descriptor: number;
  path: string;
}

function startTee(
  source: Readable | null,
  stream: { to: Writable; name: string },
  log: Log | undefined,
): Tee[] {
  return source === null || log === undefined ? [] : [tee(source, stream, log)];
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
