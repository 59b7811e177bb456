/** A stream of the command that goes to two places: this program's own stream, and a file. */
import { close, write } from 'node:fs';
import { type Readable, type Writable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { type Flow } from '../../platform.ts';
import { systemError } from './files.ts';

/** How long a file that takes nothing for now, a FIFO perhaps, is left alone. Milliseconds. */
const FULL = 20;

export interface Tee {
  readonly over: Promise<void>;
  flow(): Flow;
  losses(): readonly string[];
}

/** Copies until the source ends. What one side does not take is lost to it alone, and the next part is tried again. */
export function tee(
  source: Readable,
  stream: { to: Writable; name: string },
  file: { descriptor: number; path: string },
): Tee {
  let taken = 0;
  let moved = 0;
  const sides = [
    { name: stream.name, write: async (bytes: Buffer) => writeTo(stream.to, bytes), lost: 0, error: '' },
    { name: file.path, write: async (bytes: Buffer) => append(file.descriptor, bytes), lost: 0, error: '' },
  ];
  // Each write hears of an error by itself; without a listener it would end the program too.
  if (stream.to.listenerCount('error') === 0) stream.to.on('error', () => undefined);

  async function copy(): Promise<void> {
    for await (const bytes of source as AsyncIterable<Buffer>) {
      taken += bytes.length;
      for (const side of sides) {
        await side.write(bytes).catch((error: unknown) => {
          side.lost += bytes.length;
          // A stream that broke once only says that it is destroyed.
          side.error ||= systemError(error, side.name).message;
        });
      }
      moved += bytes.length;
    }
  }
  const flow = (): Flow => ({ moved, left: taken - moved + source.readableLength });
  return {
    over: copy()
      .catch(() => undefined)
      .finally(() => close(file.descriptor)),
    flow,
    losses() {
      const { left } = flow();
      if (left > 0)
        return [`${stream.name} and ${file.path}: not all of the last ${left} bytes were taken in time`];
      return sides.flatMap(({ lost, error }) => (lost > 0 ? [`${error}; ${lost} bytes are lost`] : []));
    },
  };
}

function writeTo(stream: Writable, bytes: Buffer): Promise<void> {
  return new Promise((resolve, reject) => {
    stream.write(bytes, (error) => (error ? reject(error) : resolve()));
  });
}

async function append(descriptor: number, bytes: Buffer): Promise<void> {
  for (let done = 0; done < bytes.length;) {
    try {
      done += (await promisify(write)(descriptor, bytes, done)).bytesWritten;
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'EAGAIN')) throw error;
      await sleep(FULL);
    }
  }
}
