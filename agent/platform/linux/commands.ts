/** Commands: started by posix_spawn, reaped with every orphan that this process is handed. */
import * as native from 'qjs:taskflow';
import * as os from 'qjs:os';
import * as std from 'qjs:std';
import { type Command, type Exit, type Running, type Surroundings } from '../../platform.ts';
import { systemError } from './system.ts';
import { openTee } from './tee.ts';

const STDOUT = { number: 1, name: 'standard output' };
const STDERR = { number: 2, name: 'standard error' };
/** Leaves a stream to the command as it is. */
const INHERIT = -1;

interface Child {
  pid: number;
  exit: Exit | undefined;
  ring: () => void;
}

let child: Child | undefined;

export function start(command: Command, around: Surroundings, ring: () => void): Running {
  const out = around.out === undefined ? undefined : openTee(STDOUT, around.out, ring);
  const err = around.err === undefined ? undefined : openTee(STDERR, around.err, ring);
  const tees = [out, err].filter((tee) => tee !== undefined);
  for (const [name, value] of Object.entries(around.env)) std.setenv(name, value);
  // The C side counts the program's own name as number 0.
  const pid = native.spawn(
    command.at + 1,
    out?.input ?? INHERIT,
    err?.input ?? INHERIT,
    command.argv.slice(0, command.before),
  );
  for (const { input } of tees) os.close(input);

  if (pid < 0) {
    const error = systemError(-pid, command.argv[0] ?? '');
    return {
      exit: () => ({ kind: 'unstartable', error }),
      drained: () => true,
      flow: () => ({ moved: 0, left: 0 }),
      losses: () => [],
      signal: () => undefined,
    };
  }
  const started: Child = { pid, exit: undefined, ring };
  child = started;
  return {
    exit: () => started.exit,
    drained: () => tees.every((tee) => tee.drained()),
    flow() {
      const flows = tees.map((tee) => tee.flow());
      return { moved: sum(flows.map(({ moved }) => moved)), left: sum(flows.map(({ left }) => left)) };
    },
    losses: () => tees.flatMap((tee) => tee.losses()),
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

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
