import { type Writable } from 'node:stream';

/**
 * Writes, and says when the stream can take more: at once, or once the promise resolves. A stream that broke takes
 * everything, and loses it; who owns it hears of that by its `error`.
 */
export function write(stream: Writable, bytes: string | Uint8Array): void | Promise<void> {
  if (stream.errored || stream.write(bytes)) return;
  return new Promise((resolve) => {
    const done = (): void => {
      for (const event of ['drain', 'error', 'close']) stream.off(event, done);
      resolve();
    };
    for (const event of ['drain', 'error', 'close']) stream.on(event, done);
  });
}
