/** Commands: started by posix_spawn, reaped with every orphan that this process is handed. */
import * as native from 'qjs:taskflow';
import * as os from 'qjs:os';
import * as std from 'qjs:std';
import { type SystemError } from '../../../shared/turn/errors.ts';
import { type Command, type Exit, type Running, type Surroundings } from '../../platform.ts';
import { openLog } from './files.ts';
import { onReadable } from './loop.ts';
import { systemError } from './system.ts';

const STDOUT = 1;
const STDERR = 2;
/** Leaves a stream to the command as it is. */
const INHERIT = -1;

interface Child {
  pid: number;
  exit: Exit | undefined;
  ring: () => void;
}

let child: Child | undefined;

export function start(command: Command, around: Surroundings, ring: () => void): Running {
  const tees = { out: openTee(STDOUT, around.out, ring), err: openTee(STDERR, around.err, ring) };
  for (const [name, value] of Object.entries(around.env)) std.setenv(name, value);
  // The C side counts the program's own name as number 0.
  const pid = native.spawn(
    command.at + 1,
    tees.out.input,
    tees.err.input,
    command.argv.slice(0, command.before),
  );
  for (const { input } of [tees.out, tees.err]) if (input !== INHERIT) os.close(input);

  if (pid < 0) {
    const error = systemError(-pid, command.argv[0] ?? '');
    return {
      exit: () => ({ kind: 'unstartable', error }),
      drained: () => true,
      problems: () => [],
      signal: () => undefined,
    };
  }
  const started: Child = { pid, exit: undefined, ring };
  child = started;
  return {
    exit: () => started.exit,
    drained: () => tees.out.drained() && tees.err.drained(),
    problems: () => [tees.out, tees.err].flatMap(({ problem }) => problem() ?? []),
    signal: (signal) => void os.kill(-pid, signal),
  };
}

/** Takes in every child that ended: the command, and the orphans that PID 1 or a subreaper is handed. */
export function reap(): void {
  for (;;) {
    const [pid, status] = os.waitpid(-1, os.WNOHANG);
    if (pid <= 0) return;
    if (child !== undefined && pid === child.pid) {
      child.exit = exitOf(status);
      native.takeTerminal(pid);
      child.ring();
    }
  }
}

/** As WIFSIGNALED and WEXITSTATUS of wait(2) have it. */
function exitOf(status: number): Exit {
  const signal = status & 0x7f;
  return signal === 0 ? { kind: 'exited', code: (status >> 8) & 0xff } : { kind: 'signaled', signal };
}

interface Tee {
  /** What the command gets as its stream. */
  input: number;
  drained: () => boolean;
  problem: () => SystemError | undefined;
}

function openTee(stream: number, path: string | undefined, ring: () => void): Tee {
  if (path === undefined) return { input: INHERIT, drained: () => true, problem: () => undefined };
  const file = openLog(path);
  const ends = native.tee(stream, file);
  if (typeof ends === 'number') {
    os.close(file);
    throw systemError(-ends, path);
  }
  const [input, done] = ends;
  let drained = false;
  let problem: SystemError | undefined;
  const stop = onReadable(done, () => {
    // The errno of writing to the stream, then that of writing to the file; 0 is none.
    const errnos = new Int32Array(2);
    os.read(done, errnos.buffer, 0, errnos.byteLength);
    if (errnos[1]) problem = systemError(errnos[1], path);
    stop();
    os.close(done);
    drained = true;
    ring();
  });
  return { input, drained: () => drained, problem: () => problem };
}
