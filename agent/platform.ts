/**
 * The seam between the agent and the system it runs on: what the core needs, in its own words. `platform/linux` is
 * the static build (QuickJS and a small C binding), `platform/node` the same on Node.
 *
 * Everything that happens (a file changed, a signal came, the command ended) only rings a bell: "look again".
 * What is true is then read from here.
 */
import { type SystemError } from '../shared/turn/errors.ts';

export interface Platform {
  /** The arguments after the program's own name. */
  readonly args: readonly string[];
  /** What it runs on, in the words of images: `linux/arm64`. */
  readonly machine: string;
  readonly files: Files;
  readonly clock: Clock;
  readonly commands: Commands;
  /** Watches directories; see {@link Watch}. */
  watch(directories: readonly string[], ring: () => void): Watch;
  /**
   * Listens on an inherited descriptor, which no command gets, and rings when it is at its end of file.
   *
   * @throws {SystemError} when it is not open for reading.
   */
  lifeline(descriptor: number, ring: () => void): Lifeline;
  /** From now on hands every signal that can be caught, and is not about this process alone, to `receive`. */
  onSignal(receive: (signal: Signal) => void): void;
  /** Writes to standard output, as it is. */
  print(text: string): void;
  /** Writes one line for a person to standard error. */
  warn(line: string): void;
}

export interface Signal {
  /** As Linux numbers it. */
  readonly number: number;
  /** The command has it already: the terminal sent it to both. */
  readonly reached: boolean;
}

export interface Files {
  /** The file as text, at most its first 64 KiB. @throws {SystemError} `EILSEQ` when it is no UTF-8. */
  read(path: string): string;
  /** The names in a directory, which is no link to one. @throws {SystemError} */
  list(directory: string): readonly string[];
  /**
   * A regular file in a directory, both where they are: no link is followed, and nothing is waited for.
   *
   * @param limit - bytes
   * @throws {SystemError} `ELOOP` for a link, `EISDIR` for a directory, `ENXIO` for a FIFO and the like, `EFBIG` above the
   *   limit, `EILSEQ` when it is no UTF-8
   */
  readPlain(directory: string, name: string, limit: number): { text: string; size: number };
  /** Makes a directory and its parents, unless it is there. @throws {SystemError} */
  makeDirectory(path: string): void;
  /** Makes `path` hold `text`, whole or not at all: temporary file, fsync, rename. @throws {SystemError} */
  replace(path: string, text: string): void;
  /** Writes into a file that exists already; never creates one. @throws {SystemError} */
  overwrite(path: string, text: string): void;
  /** Removes a file, or a directory with all that is in it; follows no link. Nothing there: all is well. @throws {SystemError} */
  remove(path: string): void;
  /** Copies this very program to `path`, mode 0555, whole or not at all; makes the directory. @throws {SystemError} */
  copySelf(path: string): void;
}

export interface Clock {
  /** Milliseconds since the epoch, for records. May be set back at any time. */
  now(): number;
  /** Milliseconds that only go forward, for deadlines. */
  elapsed(): number;
  /** Calls `ring` once after `ms` milliseconds, unless the returned function is called before. */
  timer(ms: number, ring: () => void): () => void;
}

export interface Watch {
  /**
   * Watches each directory that is not watched yet, and says whether all are now. One that does not exist (yet), or
   * that the system has no watch left for, is the caller's to poll.
   */
  cover(): boolean;
}

export interface Lifeline {
  /** Whether the other end is closed: whoever held it is gone. */
  lost(): boolean;
}

export interface Commands {
  /**
   * Starts a command with this program's environment and standard input: in a process group of
   * its own, or where this program has a terminal in its own group, so that the terminal treats them as one. Rings
   * when it ended, and when its output did.
   */
  start(command: Command, around: Surroundings, ring: () => void): Running;
  /** Sends SIGKILL to every process that a command left behind. Returns whether one of them may still be there. */
  killRest(): boolean;
}

export interface Command {
  readonly argv: readonly string[];
  /** The same; a word that is one of {@link Platform.args} by its number there, so that its bytes are passed on as they came. */
  readonly parts: readonly (number | string)[];
}

/** What a command gets beside its arguments. */
export interface Surroundings {
  /** A file that gets a copy of its standard output; `undefined`: the container's own stream alone. */
  readonly out: string | undefined;
  /** The same for its standard error. */
  readonly err: string | undefined;
  /** Added to the environment. */
  readonly env: Readonly<Record<string, string>>;
  /** Where it runs; `undefined`: where this program runs. */
  readonly workdir: string | undefined;
}

export interface Running {
  /** How the command ended; `undefined` while it runs. */
  exit(): Exit | undefined;
  /** Whether all of its output is where it belongs. A grandchild that holds the pipe open keeps this `false`. */
  drained(): boolean;
  /** How its output gets on. */
  flow(): Flow;
  /** What of its output is lost so far, and why: one sentence each. */
  losses(): readonly string[];
  /** Sends a signal to the command, and to what it started and is still in its process group. `false`: refused. */
  signal(signal: number): boolean;
}

/** Bytes of output, of both streams; those that the command writes to a stream by itself do not count. */
export interface Flow {
  /** How many were copied, or lost. */
  readonly moved: number;
  /** How many the command wrote that were not yet. At least 1 while there are any. */
  readonly left: number;
}

export type Exit =
  | { kind: 'exited'; code: number }
  | { kind: 'signaled'; signal: number }
  /** It never ran. */
  | { kind: 'unstartable'; error: SystemError }
  /** It runs for all we know, and cannot be ended. */
  | { kind: 'unstoppable'; why: string }
  /** It never ran, since the directory to run it in cannot be entered. */
  | { kind: 'astray'; error: SystemError };
