import { type Readable, type Writable } from 'node:stream';
import { execa } from 'execa';
import { SystemError } from '../../../shared/turn/errors.ts';
import { type Command, type Exit, type Running, type Surroundings } from '../../platform.ts';
import { signalNumber } from '../../../shared/turn/signals.ts';
import { openToAppend, systemError } from './files.ts';
import { tee, type Tee } from './tee.ts';

export function start(command: Command, around: Surroundings, ring: () => void): Running {
  const [file = '', ...args] = command.argv;
  const logs = { out: openLog(around.out), err: openLog(around.err) };

  let exit: Exit | undefined;
  let drained = false;
  const subprocess = execa(file, args, {
    stdin: 'inherit',
    stdout: around.out === undefined ? 'inherit' : 'pipe',
    stderr: around.err === undefined ? 'inherit' : 'pipe',
    env: around.env,
    buffer: false,
    reject: false,
    // A session, and with it a process group, of its own.
    detached: true,
    cleanup: false,
  });
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
      if (subprocess.pid === undefined) return;
      try {
        process.kill(-subprocess.pid, signal);
      } catch (error) {
        // Nobody is left to hear it.
        if (systemError(error, file).code !== 'ESRCH') throw error;
      }
    },
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
