/**
 * The one list of what a build of the agent, or the machine that tests it, cannot do, with the reason. A test that
 * needs such a thing is shown as skipped, with the reason; what the machine has not got is a failure on CI.
 *
 * Tested nowhere: a clock that is set back while an agent runs. That would set it for the whole machine, and a time
 * namespace only moves the clocks that nobody sets. All deadlines use the monotonic clock (`Clock.elapsed`); only
 * the times in an outcome follow the other one, so `finishedAt` can then be earlier than `startedAt`.
 */
import { type TestContext } from 'vitest';
import {
  arm64Agent,
  arm64Missing,
  nodeAgent,
  packagedAgent,
  sanitized,
  staticAgent,
  type Agent,
} from '../support/agents.ts';
import { MACHINE, type Tool } from '../support/machine.ts';

const FAULTS = 'the kernel raises it for faults of Node itself';
const EMULATOR = 'threads of the emulator take it, for faults of the emulated program';

const LEFT_SESSION = 'who leaves the session, and whose parent is gone, is no longer known to be its own';
const NO_SUBREAPER = 'the emulator refuses that prctl';

const PACKAGED = {
  'run in an empty root': 'it needs glibc, and Node and its modules where they are not in it',
  'run in 4 MB': 'Node alone takes 40 MB',
  'reap orphans': 'Node has no waitpid for processes that it did not start',
  'be a subreaper': 'Node has no prctl',
  'end what was left in a session of its own': LEFT_SESSION,
  'end what was left by a double fork, in a session of its own': LEFT_SESSION,
  'end what was left with an empty environment': LEFT_SESSION,
  'hear real-time signals': 'Node has no names for them',
  'tell who sent a signal': 'Node does not say',
  'take a terminal back': 'Node has no tcsetpgrp',
  'run where its directory is gone': 'execa asks for the working directory, and Node throws',
  'hand on descriptors': 'Node closes all but the standard streams when a program starts',
  'leave closed streams closed': 'Node opens /dev/null in their place before the program starts',
  'refuse a script without #!': 'the execvp of glibc hands such a file, and any other non-program, to sh',
  'hear SIGCHLD': 'Node keeps it for itself, to see how its children end',
  'hear SIGPIPE': 'the kernel raises it when Node writes to a reader that went away',
  'hear SIGILL': FAULTS,
  'hear SIGBUS': FAULTS,
  'hear SIGFPE': FAULTS,
  'hear SIGSEGV': FAULTS,
} as const;

const NODE = {
  ...PACKAGED,
  'copy itself': 'it is a program for Node, not one file',
  'run as any user': 'it is for local runs: its files need not be readable by other users',
} as const;

const ARM64 = {
  'hear real-time signals': 'the emulator keeps some for itself',
  'run in 4 MB': 'the emulator alone takes more',
  'be a subreaper': NO_SUBREAPER,
  'end what was left in its group': NO_SUBREAPER,
  'end what was left in a group of its own': NO_SUBREAPER,
  'end what was left by a double fork': NO_SUBREAPER,
  'end what was left in a session of its own': NO_SUBREAPER,
  'end what was left by a double fork, in a session of its own': NO_SUBREAPER,
  'end what was left with an empty environment': NO_SUBREAPER,
  'hear SIGILL': EMULATOR,
  'hear SIGBUS': EMULATOR,
  'hear SIGFPE': EMULATOR,
  'hear SIGSEGV': EMULATOR,
} as const;

/** The build for the sanitizers, which stands in for the static one: it is one with glibc. */
const SANITIZED = {
  "hear the C library's own signals": 'posix_spawn of glibc has every command ignore 32 and 33',
} as const;

const CANNOT: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  [nodeAgent.name]: NODE,
  [packagedAgent.name]: PACKAGED,
  [arm64Agent.name]: ARM64,
  ...(sanitized && { [staticAgent.name]: SANITIZED }),
};

/** Something that not every build can do. */
type Ability =
  | keyof typeof NODE
  | keyof typeof ARM64
  | keyof typeof SANITIZED
  | `hear SIG${string}`
  | `end what was left ${string}`;

interface Needs {
  agent?: Agent;
  ability?: Ability;
  /** What the machine must have. */
  machine?: readonly Tool[];
}

/** Why this build cannot; `undefined` when it can. */
function cannot(agent: Agent, what: Ability): string | undefined {
  return CANNOT[agent.name]?.[what];
}

/** Skips the test, with the reason, when the build or the machine cannot; on CI the machine must. */
export async function need(test: TestContext, { agent, ability, machine = [] }: Needs): Promise<void> {
  if (agent !== undefined && ability !== undefined) {
    const reason = cannot(agent, ability);
    if (reason !== undefined) test.skip(`the ${agent.name} cannot ${ability}: ${reason}`);
  }
  for (const tool of machine) lacking(test, await MACHINE[tool]());
}

/** Skips the test of the arm64 build, with the reason, where it cannot be run; on CI it must be. */
export function needArm64(test: TestContext): void {
  lacking(test, arm64Missing);
}

/** Skips the test where something is missing; on CI it must be there. */
export function lacking(test: TestContext, reason: string | undefined): void {
  if (reason === undefined) return;
  if (process.env['CI'] === 'true') throw new Error(`CI must have this: ${reason}`);
  test.skip(reason);
}

/** The most memory that an agent may ever have held, MB, however much output it copies. */
export function memoryLimit(agent: Agent): number {
  switch (agent.name) {
    case nodeAgent.name:
    case packagedAgent.name:
      return 200;
    case arm64Agent.name:
      // The emulator's own translation buffers.
      return 64;
    default:
      // The sanitizer's shadow memory.
      return sanitized ? 128 : 4;
  }
}

/** How many agents of this build can well be started at once: some take 50 MB, or 50 ms of a core. */
export function crowd(agent: Agent): number {
  return cannot(agent, 'run in 4 MB') === undefined ? 50 : 5;
}
