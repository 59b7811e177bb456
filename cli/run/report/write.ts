import { errorMonitor } from 'node:events';
import { type Writable } from 'node:stream';

const heard = new WeakSet<Writable>();
const broken = new WeakSet<Writable>();

/**
 * Whether the stream has failed since this was first asked. Node's own standard streams forget it (`errored` is empty again):
 * each further write would be tried, and fail, and output without end would take all the time there is.
 */
export function isBroken(stream: Writable): boolean {
  if (!heard.has(stream)) {
    heard.add(stream);
    // A listener for 'error' itself would keep its owner from being told.
    stream.on(errorMonitor, () => broken.add(stream));
  }
  return broken.has(stream);
}

/**
 * Writes, and says when the stream can take more: at once, or once the promise resolves. A stream that broke takes
 * everything, and loses it; who owns it hears of that by its `error`.
 */
export function write(stream: Writable, bytes: string | Uint8Array): void | Promise<void> {
  if (isBroken(stream) || stream.write(bytes)) return;
  return new Promise((resolve) => {
    const done = (): void => {
      for (const event of ['drain', 'error', 'close']) stream.off(event, done);
      resolve();
    };
    for (const event of ['drain', 'error', 'close']) stream.on(event, done);
  });
}
