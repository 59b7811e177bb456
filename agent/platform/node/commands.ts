import { closeSync, createWriteStream, mkdirSync, openSync } from 'node:fs';
import { dirname } from 'node:path';
import { type Readable, type Writable } from 'node:stream';
import { finished } from 'node:stream/promises';
import { execa } from 'execa';
import { SystemError } from '../../../shared/turn/errors.ts';
import { type Command, type Exit, type Running, type Surroundings } from '../../platform.ts';
import { signalNumber } from '../../../shared/turn/signals.ts';
import { attempt, systemError } from './files.ts';

export function start(command: Command, around: Surroundings, ring: () => void): Running {
  const [file = '', ...args] = command.argv;
  for (const path of [around.out, around.err]) if (path !== undefined) makeLog(path);

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
  const problems: SystemError[] = [];
  const copies = [
    tee(subprocess.stdout, process.stdout, around.out, problems),
    tee(subprocess.stderr, process.stderr, around.err, problems),
  ];
  subprocess.nodeChildProcess.once('exit', (code, signal) => {
    exit =
      code === null
        ? { kind: 'signaled', signal: signalNumber(signal ?? '') ?? 0 }
        : { kind: 'exited', code };
    ring();
  });
  void Promise.all([subprocess, ...copies]).then(([result]) => {
    exit ??= { kind: 'unstartable', error: unstartable(result.cause, result.code, file) };
    drained = true;
    ring();
  });
  return {
    exit: () => exit,
    drained: () => drained,
    problems: () => problems,
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

/** Makes the file and its parents now: a file that cannot be opened must show before the command runs. */
function makeLog(path: string): void {
  try {
    mkdirSync(dirname(path), { recursive: true });
  } catch {
    // A parent that cannot be made shows when the file is opened.
  }
  attempt(path, () => closeSync(openSync(path, 'a')));
}

/** Copies the stream to two places; after an error of the file the other still gets everything. */
async function tee(
  source: Readable | null,
  stream: Writable,
  path: string | undefined,
  problems: SystemError[],
): Promise<void> {
  if (source === null || path === undefined) return;
  const file = createWriteStream(path, { flags: 'a' });
  // Nobody may be reading the stream any more; the file still gets everything.
  stream.on('error', () => source.resume());
  source.pipe(stream, { end: false });
  source.pipe(file);
  const written = finished(file).catch((error: unknown) => {
    problems.push(systemError(error, path));
    source.resume();
  });
  await Promise.all([finished(source).catch(() => undefined), written]);
}

function unstartable(cause: unknown, code: string | undefined, file: string): SystemError {
  return code === undefined ? systemError(cause, file) : new SystemError(code, file);
}
