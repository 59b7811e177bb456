import { isUtf8 } from 'node:buffer';
import { randomUUID } from 'node:crypto';
import * as fs from 'node:fs';
import { dirname } from 'node:path';
import { isSea } from 'node:sea';
import { SystemError } from '../../../shared/turn/errors.ts';
import { type Files } from '../../platform.ts';

const { O_RDONLY, O_WRONLY, O_RDWR, O_APPEND, O_CREAT, O_TRUNC, O_NONBLOCK, O_NOCTTY, O_NOFOLLOW } =
  fs.constants;

/** How everything is opened that the agent was given: a FIFO or a device there must not hold it up. */
const GIVEN = O_NONBLOCK | O_NOCTTY;

/** Enough for an order, a gate and an outcome; whatever else is at the path cannot fill the memory. */
const MAX_READ = 64 * 1024;

export const files: Files = {
  read(path) {
    // A FIFO that nobody writes to is an empty file this way.
    const bytes = attempt(path, () => opened(path, GIVEN, (descriptor) => readStart(descriptor, MAX_READ)));
    return textOf(bytes, path);
  },

  list(directory) {
    checkDirectory(directory);
    return attempt(directory, () => fs.readdirSync(directory));
  },

  readPlain(directory, name, limit) {
    checkDirectory(directory);
    const path = `${directory}/${name}`;
    const bytes = attempt(path, () =>
      opened(path, GIVEN | O_NOFOLLOW, (descriptor) => {
        const status = fs.fstatSync(descriptor);
        if (status.isFile()) return readStart(descriptor, limit + 1);
        throw new SystemError(status.isDirectory() ? 'EISDIR' : 'ENXIO', path);
      }),
    );
    if (bytes.length > limit) throw new SystemError('EFBIG', path);
    return { text: textOf(bytes, path), size: bytes.length };
  },

  makeDirectory(path) {
    attempt(path, () => fs.mkdirSync(path, { recursive: true }));
  },

  replace(path, text) {
    writeWhole(path, 0o644, (descriptor) => fs.writeFileSync(descriptor, text));
  },

  overwrite(path, text) {
    attempt(path, () => {
      const descriptor = fs.openSync(path, O_WRONLY | O_TRUNC | GIVEN);
      try {
        fs.writeFileSync(descriptor, text);
      } finally {
        fs.closeSync(descriptor);
      }
    });
  },

  remove(path) {
    attempt(path, () => fs.rmSync(path, { recursive: true, force: true }));
  },

  copySelf(path) {
    if (!isSea()) throw new SystemError('ENOTSUP', 'install');
    makeParents(path);
    writeWhole(path, 0o555, (_descriptor, temporary) => fs.copyFileSync(process.execPath, temporary));
  },
};

/** Node's errors become the agent's. @throws {SystemError} */
export function attempt<T>(what: string, call: () => T): T {
  try {
    return call();
  } catch (error) {
    throw error instanceof SystemError ? error : systemError(error, what);
  }
}

export function systemError(error: unknown, what: string): SystemError {
  const code = error instanceof Error && 'code' in error ? String(error.code) : 'EIO';
  return new SystemError(code, what);
}

/** Opens the file, appended to, and makes its parents. @throws {SystemError} */
export function openToAppend(path: string): number {
  try {
    fs.mkdirSync(dirname(path), { recursive: true });
  } catch {
    // A parent that cannot be made shows when the file is opened.
  }
  const open = (): number => fs.openSync(path, O_WRONLY | O_APPEND | O_CREAT | GIVEN, 0o644);
  return attempt(path, () => {
    try {
      return open();
    } catch (error) {
      if (systemError(error, path).code !== 'ENXIO') throw error;
      // A FIFO that nobody reads (yet): what opens it for reading too needs no reader, and makes it one for a moment.
      const reader = fs.openSync(path, O_RDWR | GIVEN);
      try {
        return open();
      } finally {
        fs.closeSync(reader);
      }
    }
  });
}

function opened<T>(path: string, flags: number, use: (descriptor: number) => T): T {
  const descriptor = fs.openSync(path, O_RDONLY | flags);
  try {
    return use(descriptor);
  } finally {
    fs.closeSync(descriptor);
  }
}

function readStart(descriptor: number, most: number): Buffer {
  const buffer = Buffer.alloc(most);
  let length = 0;
  for (let more = -1; more !== 0 && length < most; length += more) {
    more = fs.readSync(descriptor, buffer, length, most - length, null);
  }
  return buffer.subarray(0, length);
}

function textOf(bytes: Buffer, path: string): string {
  if (!isUtf8(bytes)) throw new SystemError('EILSEQ', path);
  return bytes.toString('utf8');
}

/** Of what a step leaves, its directory is not to be taken for another one either. */
function checkDirectory(path: string): void {
  if (!attempt(path, () => fs.lstatSync(path)).isDirectory()) throw new SystemError('ENOTDIR', path);
}

function writeWhole(path: string, mode: number, fill: (descriptor: number, temporary: string) => void): void {
  const temporary = `${path}.${randomUUID()}`;
  attempt(path, () => {
    const descriptor = fs.openSync(temporary, 'wx', mode);
    try {
      fill(descriptor, temporary);
      // Not left to open: the umask may be anything.
      fs.fchmodSync(descriptor, mode);
      fs.fsyncSync(descriptor);
      fs.renameSync(temporary, path);
    } catch (error) {
      fs.rmSync(temporary, { force: true });
      throw error;
    } finally {
      fs.closeSync(descriptor);
    }
  });
}

/** Not left to mkdir's `recursive`: the umask may be anything, and every user must get to the agent. */
function makeParents(path: string): void {
  const parent = dirname(path);
  // A file in the way shows when something is opened below it.
  if (fs.existsSync(parent)) return;
  makeParents(parent);
  attempt(parent, () => {
    if (fs.mkdirSync(parent, { recursive: true }) !== undefined) fs.chmodSync(parent, 0o755);
  });
}
