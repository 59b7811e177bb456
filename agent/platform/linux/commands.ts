/** Commands: started by posix_spawn, reaped with every orphan that this process is handed. */
import * as native from 'qjs:taskflow';
import * as os from 'qjs:os';
import * as std from 'qjs:std';
import { type Command, type Exit, type Running, type Surroundings } from '../../platform.ts';
import { ownChildren, ownDescendants } from './descendants.ts';
import { systemError } from './system.ts';
import { openTee } from './tee.ts';
import { reclaimTerminal, sharesTerminal } from './terminal.ts';

const STDOUT = { number: 1, name: 'standard output' };
const STDERR = { number: 2, name: 'standard error' };
/** Leaves a stream to the command as it is. */
const INHERIT = -1;

const EPERM = -1;
const SIGKILL = 9;
const SIGCONT = 18;
const SIGTSTP = 20;
/** SIGHUP, SIGINT, SIGQUIT and SIGTERM wait at a process that is stopped until it is continued. */
const ENDING: readonly number[] = [1, 2, 3, 15];
/** From <sys/wait.h>. */
const WUNTRACED = 2;
const WCONTINUED = 8;

interface Child {
  pid: number;
  exit: Exit | undefined;
  /** By SIGSTOP or the like. */
  stopped: boolean;
  ring: () => void;
}

let child: Child | undefined;

export function start(command: Command, around: Surroundings, ring: () => void): Running {
  const out = around.out === undefined ? undefined : openTee(STDOUT, around.out, ring);
  const err = around.err === undefined ? undefined : openTee(STDERR, around.err, ring);
  const tees = [out, err].filter((tee) => tee !== undefined);
  for (const [name, value] of Object.entries(around.env)) std.setenv(name, value);
  const [here] = os.getcwd();
  const entered = enter(around.workdir);
  reclaimTerminal();
  const pid =
    entered < 0
      ? 0
      : native.spawn(sharesTerminal ? 0 : 1, out?.input ?? INHERIT, err?.input ?? INHERIT, command.parts);
  // The paths of this program's own flags are relative to where it began.
  if (around.workdir !== undefined && entered >= 0) os.chdir(here);
  for (const { input } of tees) os.close(input);

  if (entered < 0) return neverRan({ kind: 'astray', error: systemError(-entered, around.workdir ?? '') });
  if (pid < 0) return neverRan({ kind: 'unstartable', error: systemError(-pid, command.argv[0] ?? '') });
  const started: Child = { pid, exit: undefined, stopped: false, ring };
  child = started;
  return {
    exit: () => started.exit,
    drained: () => tees.every((tee) => tee.drained()),
    flow() {
      const flows = tees.map((tee) => tee.flow());
      return { moved: sum(flows.map(({ moved }) => moved)), left: sum(flows.map(({ left }) => left)) };
    },
    losses: () => tees.flatMap((tee) => tee.losses()),
    signal: (signal) => send(started, signal),
  };
}

const EINVAL = 22;

/** Goes to the directory that a command is to run in. 0, or -errno. */
function enter(directory: string | undefined): number {
  if (directory === undefined) return 0;
  return directory.startsWith('/') ? os.chdir(directory) : -EINVAL;
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

/** To the command's group, which is this process's own where they share a terminal. */
function send(to: Child, signal: number): boolean {
  const deliver = (what: number): void => {
    if (!sharesTerminal) os.kill(-to.pid, what);
    else for (const pid of jobOf(to)) os.kill(pid, what);
  };
  deliver(signal);
  if (to.stopped && ENDING.includes(signal)) deliver(SIGCONT);
  // kill(2) of a group succeeds when one of it may be sent the signal, which need not be the command.
  return os.kill(to.pid, 0) !== EPERM;
}

function jobOf({ pid }: Child): readonly number[] {
  const below = ownDescendants();
  const group = below.find((each) => each.pid === pid)?.group;
  return group === undefined ? [pid] : below.filter((each) => each.group === group).map((each) => each.pid);
}

export function killRest(): boolean {
  const killed = new Set<number>();
  for (;;) {
    // Without children there is nobody: whoever loses its parent becomes ours.
    if (!reap()) return false;
    const found = ownChildren().filter((pid) => !killed.has(pid));
    for (const pid of found) if (os.kill(pid, SIGKILL) === 0) killed.add(pid);
    // At once again while there are others: what forks and ends, again and again, is not to be ahead each time.
    if (!found.some((pid) => killed.has(pid))) return killed.size > 0;
  }
}

/** Takes in every child that ended: the command, and the orphans that PID 1 or a subreaper is handed. */
export function reap(): boolean {
  for (;;) {
    const [pid, status] = os.waitpid(-1, os.WNOHANG | WUNTRACED | WCONTINUED);
    // 0: there are some, and none has changed.
    if (pid <= 0) return pid === 0;
    if (child === undefined) continue;
    if (pid === child.pid) observe(child, status);
    child.ring();
  }
}

function observe(command: Child, status: number): void {
  // As WIFSTOPPED and WIFCONTINUED of wait(2) have it.
  const stopped = (status & 0xff) === 0x7f;
  if (!stopped && status !== 0xffff) {
    command.exit = exitOf(status);
    return;
  }
  command.stopped = stopped;
  // ^Z never stops PID 1, which nobody could continue: so it is with what stands for it.
  if (stopped && status >> 8 === SIGTSTP && os.getpid() === 1) os.kill(-command.pid, SIGCONT);
}

/** As WIFSIGNALED and WEXITSTATUS of wait(2) have it. */
function exitOf(status: number): Exit {
  const signal = status & 0x7f;
  return signal === 0 ? { kind: 'exited', code: (status >> 8) & 0xff } : { kind: 'signaled', signal };
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
