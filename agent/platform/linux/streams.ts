/** Writes to what somebody else reads: it may take nothing for now, or for ever. */
import * as os from 'qjs:os';
import { SystemError } from '../../../shared/turn/errors.ts';
import { poll, POLLOUT } from './loop.ts';
import { check } from './system.ts';
import { encodeUtf8 } from './utf8.ts';

const EAGAIN = 11;

/** A pipe that can be written to takes as much at once (`PIPE_BUF`), without letting the agent wait for its reader. */
const AT_ONCE = 4096;

/**
 * Writes all of it.
 *
 * @param patience - the longest time for which nothing is taken, milliseconds
 * @throws {SystemError} `EAGAIN` when that is over
 */
export function writeAll(
  descriptor: number,
  bytes: ArrayBuffer,
  length: number,
  { name, patience }: { name: string; patience: number },
): void {
  for (let done = 0; done < length;) {
    if (poll([descriptor], POLLOUT, patience).length === 0) throw new SystemError('EAGAIN', name);
    const written = os.write(descriptor, bytes, done, Math.min(length - done, AT_ONCE));
    if (written !== -EAGAIN) done += check(written, name);
  }
}

/** {@link writeAll} of a text. */
export function writeText(descriptor: number, text: string, to: { name: string; patience: number }): void {
  const bytes = encodeUtf8(text);
  writeAll(descriptor, bytes, bytes.byteLength, to);
}
