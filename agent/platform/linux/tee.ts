/** A stream of the command that goes to two places: the agent's own stream, and a file. */
import * as native from 'qjs:taskflow';
import * as os from 'qjs:os';
import { type Flow } from '../../platform.ts';
import { openLog } from './files.ts';
import { onReadable } from './loop.ts';
import { check, systemError } from './system.ts';

const EBADF = 9;

/** What the thread counts, by its place: see tee.c. The lost bytes are those of the stream, then those of the file. */
const COUNT = { taken: 0, moved: 1, over: 2, lost: [3, 4], errno: [5, 6] } as const;

/** What of the output did not get where it belongs: see {@link Running.losses}. */
export interface Tee {
  /** What the command gets as its stream. */
  readonly input: number;
  drained(): boolean;
  flow(): Flow;
  losses(): readonly string[];
}

/** Called when some thread is over. */
const over = new Set<() => void>();
let bell: number | undefined;

/**
 * Opens the file, appended to and with its parents, and starts to copy.
 *
 * @throws {SystemError}
 */
export function openTee(stream: { number: number; name: string }, path: string, ring: () => void): Tee {
  bell ??= listen();
  const file = openLog(path);
  const parts = native.tee(stream.number, file, bell);
  if (typeof parts === 'number') {
    os.close(file);
    throw systemError(-parts, path);
  }
  const [input, from, memory] = parts;
  const counts = new Float64Array(memory);
  const count = (place: number): number => counts[place] ?? 0;
  let drained = false;
  const look = (): void => {
    if (count(COUNT.over) === 0) return;
    over.delete(look);
    os.close(from);
    drained = true;
    ring();
  };
  over.add(look);

  const flow = (): Flow => {
    // In this order: what the thread takes in between is counted twice rather than not at all.
    const unread = drained ? 0 : Math.max(0, native.unread(from));
    return { moved: count(COUNT.moved), left: unread + count(COUNT.taken) - count(COUNT.moved) };
  };
  return {
    input,
    drained: () => drained,
    flow,
    losses() {
      const { left } = flow();
      if (left > 0)
        return [`${stream.name} and ${path}: not all of the last ${left} bytes were taken in time`];
      return [stream.name, path].flatMap((name, side) => {
        const errno = count(COUNT.errno[side] ?? 0);
        // A standard stream that was closed when the agent was started is nobody's loss.
        if (errno === 0 || (side === 0 && errno === EBADF)) return [];
        return `${systemError(errno, name).message}; ${count(COUNT.lost[side] ?? 0)} bytes are lost`;
      });
    },
  };
}

function listen(): number {
  const descriptor = check(native.bell(), 'eventfd');
  const rings = new ArrayBuffer(8);
  onReadable(descriptor, () => {
    os.read(descriptor, rings, 0, rings.byteLength);
    for (const look of [...over]) look();
  });
  return descriptor;
}
