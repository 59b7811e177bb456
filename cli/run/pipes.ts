/** Pipes as a container has them. Those that Node makes for its children are sockets, which `/dev/stdout` cannot open. */
import { closeSync, constants, openSync } from 'node:fs';
import { Socket } from 'node:net';
import { execa } from 'execa';
import { SystemError, UsageError } from '../../shared/turn/errors.ts';

/** Both ends of a pipe, as descriptors that no child gets unless it is handed one. */
export interface Pipe {
  read: number;
  write: number;
}

/** @throws {UsageError} when the file system has no named pipes. */
export async function makePipes(paths: readonly string[]): Promise<void> {
  const { failed, code, stderr } = await execa('mkfifo', ['-m', '600', ...paths], {
    reject: false,
    stdin: 'ignore',
  });
  if (failed) {
    throw new UsageError(
      `cannot make the pipes of the steps: ${code ?? stderr}; set TMPDIR to another directory`,
    );
  }
}

/**
 * Opens both ends of a named pipe that nobody has open yet.
 *
 * @throws {SystemError}
 */
export function openPipe(path: string): Pipe {
  // The reader first, and without waiting for a writer; the writer then finds it.
  const read = open(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    return { read, write: open(path, constants.O_WRONLY) };
  } catch (error) {
    closeSync(read);
    throw error;
  }
}

/** Opens two, or none. @throws {SystemError} */
export function openPipes([first, second]: readonly [string, string]): [Pipe, Pipe] {
  const pipe = openPipe(first);
  try {
    return [pipe, openPipe(second)];
  } catch (error) {
    closePipe(pipe);
    throw error;
  }
}

function closePipe({ read, write }: Pipe): void {
  closeSync(read);
  closeSync(write);
}

/** What comes out of a pipe. Nothing is read before it is asked for: until then a full pipe holds its writers back. */
export const readerOf = (descriptor: number): Socket => new Socket({ fd: descriptor, writable: false });

function open(path: string, flags: number): number {
  try {
    return openSync(path, flags);
  } catch (error) {
    throw new SystemError((error as NodeJS.ErrnoException).code ?? 'EIO', path);
  }
}
