/** The event loop: waits for descriptors and timers. Behind it stands poll(2), which knows no highest descriptor. */
import * as native from 'qjs:taskflow';
import * as os from 'qjs:os';

/** From <poll.h>. */
export const POLLIN = 1;
export const POLLOUT = 4;

interface Timer {
  /** On the clock of `os.now`. */
  readonly due: number;
  readonly ring: () => void;
}

const handlers = new Map<number, () => void>();
const timers = new Set<Timer>();

native.onIdle(() => {
  if (handlers.size === 0 && timers.size === 0) throw new Error('nothing is left to wait for');
  const next = Math.min(...Array.from(timers, ({ due }) => due));
  // Rounded up: a timer that rings too early would be waited for once more.
  for (const descriptor of poll([...handlers.keys()], POLLIN, Math.ceil(next - os.now()))) {
    handlers.get(descriptor)?.();
  }
  const now = os.now();
  for (const timer of [...timers].filter(({ due }) => due <= now)) {
    // Another one may have called it off.
    if (timers.delete(timer)) timer.ring();
  }
});

/** Calls `handler` whenever the descriptor can be read, until the returned function is called. */
export function onReadable(descriptor: number, handler: () => void): () => void {
  handlers.set(descriptor, handler);
  return () => void handlers.delete(descriptor);
}

/** Calls `ring` once after `ms` milliseconds, unless the returned function is called before. */
export function timer(ms: number, ring: () => void): () => void {
  const set = { due: os.now() + Math.max(0, ms), ring };
  timers.add(set);
  return () => void timers.delete(set);
}

/**
 * Waits until one of the descriptors is ready, for at most `ms` milliseconds, and returns those that are.
 *
 * @param ms - `Infinity` for as long as it takes
 */
export function poll(descriptors: readonly number[], events: number, ms: number): readonly number[] {
  // Each a `struct pollfd`: the descriptor, then the events asked for and, in the upper half, those that came.
  const entries = new Int32Array(descriptors.flatMap((descriptor) => [descriptor, events]));
  native.poll(entries.buffer, ms === Infinity ? -1 : Math.min(Math.max(0, ms), 2 ** 31 - 1));
  return descriptors.filter((_, i) => (entries[2 * i + 1] ?? 0) >>> 16 !== 0);
}
