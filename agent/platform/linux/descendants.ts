/** The processes below this one, from /proc. */
import * as os from 'qjs:os';
import { descendants, parseStat, type Process } from '../processes.ts';

/** All that stands before the session in a `stat`, and the longest name of a program. */
const start = new Uint8Array(256);

/** None where there is no /proc, or that of another pid namespace: its numbers are not those that kill(2) takes. */
export function ownDescendants(): readonly Process[] {
  const self = os.getpid();
  if (os.readlink('/proc/self')[0] !== String(self)) return [];
  const [names] = os.readdir('/proc');
  return descendants(
    self,
    names.filter((name) => /^\d/.test(name)).flatMap((pid) => readStat(pid) ?? []),
  );
}

/** At most some at a time: the others come when these are gone. */
export function ownChildren(): readonly number[] {
  const self = os.getpid();
  if (os.readlink('/proc/self')[0] !== String(self)) return [];
  // Only some kernels have this file. Where it is there it is read much faster than all processes.
  const children = readStart(`/proc/self/task/${self}/children`);
  if (children !== undefined) return numbersIn(children);
  return ownDescendants().map(({ pid }) => pid);
}

/** @example numbersIn('12 345 67') // [12, 345]: the last one may have been cut */
function numbersIn(text: string): readonly number[] {
  return text.split(' ').slice(0, -1).map(Number);
}

function readStat(pid: string): Process | undefined {
  const text = readStart(`/proc/${pid}/stat`);
  return text === undefined ? undefined : parseStat(text);
}

/** The first bytes of a file of /proc; `undefined` where it is gone, or hidden. */
function readStart(path: string): string | undefined {
  const descriptor = os.open(path, os.O_RDONLY);
  if (descriptor < 0) return undefined;
  const length = os.read(descriptor, start.buffer, 0, start.length);
  os.close(descriptor);
  return length < 0 ? undefined : String.fromCharCode(...start.subarray(0, length));
}
