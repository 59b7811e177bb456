/** What the agent uses of QuickJS's own modules and of the C binding in native.c. */

declare module 'qjs:std' {
  export function exit(code: number): never;
  export function strerror(errno: number): string;
  export function setenv(name: string, value: string): void;
}

declare module 'qjs:os' {
  /** Descriptor, or -errno. */
  export function open(path: string, flags: number, mode?: number): number;
  export function close(descriptor: number): number;
  /** Bytes, or -errno. */
  export function read(descriptor: number, buffer: ArrayBuffer, offset: number, length: number): number;
  export function write(descriptor: number, buffer: ArrayBuffer, offset: number, length: number): number;
  /** 0, or -errno. */
  export function rename(from: string, to: string): number;
  export function remove(path: string): number;
  export function mkdir(path: string, mode: number): number;
  /** [names, errno] */
  export function readdir(path: string): [string[], number];
  /** [status, errno] */
  export function lstat(path: string): [{ mode: number }, number];
  /** [target, errno] */
  export function readlink(path: string): [string, number];
  /** [path, errno] */
  export function getcwd(): [string, number];
  export function chdir(path: string): number;
  export function kill(pid: number, signal: number): number;
  export function getpid(): number;
  /** [pid, status]; pid 0 when nothing changed, -errno on failure. */
  export function waitpid(pid: number, options: number): [number, number];
  /** Monotonic milliseconds. */
  export function now(): number;
  export const O_RDONLY: number;
  export const O_WRONLY: number;
  export const O_APPEND: number;
  export const O_CREAT: number;
  export const O_EXCL: number;
  export const O_TRUNC: number;
  export const WNOHANG: number;
  export const S_IFMT: number;
  export const S_IFDIR: number;
}

/** native.c. Every function returns -errno when the system refuses. */
declare module 'qjs:taskflow' {
  /** Blocks every signal and returns a descriptor from which they are read as `signalfd_siginfo`. */
  export function signals(): number;
  /** What is called whenever the program has nothing more to do: it waits. */
  export function onIdle(wait: () => void): void;
  /** poll(2) on `struct pollfd`s; -1 ms waits for ever. Returns how many are ready. */
  export function poll(entries: ArrayBuffer, ms: number): number;
  /** Makes this process the one that orphans below it are handed to. */
  export function subreaper(): number;
  export function inotify(): number;
  export function watchDirectory(inotify: number, path: string): number;
  /** Runs the words, each an argument of this program by its number or a text, in a group of its own or not; -1 leaves a stream as it is. Returns the pid. */
  export function spawn(
    ownGroup: 0 | 1,
    out: number,
    err: number,
    words: readonly (number | string)[],
  ): number;
  /** Opens a regular file to read it, and follows no link. -EISDIR, or -ENXIO, where it is something else. */
  export function openPlain(path: string): number;
  /** The text that the first bytes are; `undefined` when they are no UTF-8. */
  export function decode(bytes: ArrayBuffer, length: number): string | undefined;
  /** What this program was built for, as images call it: `amd64`. */
  export function architecture(): string;
  /** A descriptor that can be read when some tee is over. */
  export function bell(): number;
  /**
   * Makes a pipe whose bytes a thread copies to `stream` and `file`, which it closes at the end. Returns the end to
   * write to, the end that the thread reads from, and what it counts.
   */
  export function tee(stream: number, file: number, bell: number): [number, number, ArrayBuffer] | number;
  /** How many bytes a pipe holds. */
  export function unread(pipe: number): number;
  /** The terminal that this process can be stopped from, as a descriptor. */
  export function terminal(): number;
  export function leadsSession(): number;
  /** Gives the terminal to this process's group, if the one that has it is gone. */
  export function reclaimTerminal(terminal: number): number;
  /** Does to this process what the signal does by default. */
  export function takeDefault(signal: number): number;
  export function closeOnExec(descriptor: number): number;
  export function fsync(descriptor: number): number;
  export function fchmod(descriptor: number, mode: number): number;
  export function chmod(path: string, mode: number): number;
  /** The path by which the kernel found this program; it may be relative. */
  export function executable(): string;
}

declare const scriptArgs: string[];
