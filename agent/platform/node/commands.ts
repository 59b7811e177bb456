import { closeSync, mkdirSync, openSync } from 'node:fs';
import { dirname } from 'node:path';
import { execa } from 'execa';
import { type Command, type Exit, type Running, type Surroundings, SystemError } from '../../platform.ts';
import { signalNumber } from '../../signals.ts';
import { attempt, systemError } from './files.ts';

export function start(command: Command, around: Surroundings, ring: () => void): Running {
  const [file = '', ...args] = command.argv;
  for (const path of [around.out, around.err]) if (path !== undefined) makeLog(path);
  let exit: Exit | undefined;
  let drained = false;
  const subprocess = execa(file, args, {
    stdin: 'inherit',
    stdout: around.out === undefined ? 'inherit' : ['inherit', { file: around.out, append: true }],
    stderr: around.err === undefined ? 'inherit' : ['inherit', { file: around.err, append: true }],
    env: around.env,
    buffer: false,
    reject: false,
    stripFinalNewline: false,
    // A session, and with it a process group, of its own.
    detached: true,
    cleanup: false,
  });
  subprocess.nodeChildProcess.once('exit', (code, signal) => {
    exit =
      code === null
        ? { kind: 'signaled', signal: signalNumber(signal ?? '') ?? 0 }
        : { kind: 'exited', code };
    ring();
  });
  void subprocess.then((result) => {
    exit ??= { kind: 'unstartable', error: unstartable(result.cause, result.code, file) };
    drained = true;
    ring();
  });
  return {
    exit: () => exit,
    drained: () => drained,
    signal(signal) {
      if (subprocess.pid === undefined || exit !== undefined) return;
      try {
        process.kill(-subprocess.pid, signal);
      } catch (error) {
        // Nobody is left to hear it.
        if (systemError(error, file).code !== 'ESRCH') throw error;
      }
    },
  };
}

/** Makes the file and its parents now: a file that cannot be opened must show before the command runs. */
function makeLog(path: string): void {
  try {
    mkdirSync(dirname(path), { recursive: true });
  } catch {
    // A parent that cannot be made shows when the file is opened.
  }
  attempt(path, () => closeSync(openSync(path, 'a')));
}

function unstartable(cause: unknown, code: string | undefined, file: string): SystemError {
  return code === undefined ? systemError(cause, file) : new SystemError(code, file);
}
