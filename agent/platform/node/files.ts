import {
  closeSync,
  copyFileSync,
  fchmodSync,
  fsyncSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readFileSync,
} from 'node:fs';
import { renameSync, rmSync, writeFileSync } from 'node:fs';
import { randomUUID } from 'node:crypto';
import { dirname } from 'node:path';
import { isSea } from 'node:sea';
import { type Files, SystemError } from '../../platform.ts';

export const files: Files = {
  read: (path) => attempt(path, () => readFileSync(path, 'utf8')),

  replace(path, text) {
    writeWhole(path, 0o644, (descriptor) => writeFileSync(descriptor, text));
  },

  overwrite(path, text) {
    attempt(path, () => {
      const descriptor = openSync(path, 'r+');
      try {
        ftruncateSync(descriptor);
        writeFileSync(descriptor, text);
      } finally {
        closeSync(descriptor);
      }
    });
  },

  copySelf(path) {
    if (!isSea()) throw new SystemError('ENOTSUP', 'install');
    attempt(path, () => mkdirSync(dirname(path), { recursive: true }));
    writeWhole(path, 0o555, (_descriptor, temporary) => copyFileSync(process.execPath, temporary));
  },
};

/** Node's errors become the agent's. @throws {SystemError} */
export function attempt<T>(what: string, call: () => T): T {
  try {
    return call();
  } catch (error) {
    throw systemError(error, what);
  }
}

export function systemError(error: unknown, what: string): SystemError {
  const code = error instanceof Error && 'code' in error ? String(error.code) : 'EIO';
  return new SystemError(code, what);
}

function writeWhole(path: string, mode: number, fill: (descriptor: number, temporary: string) => void): void {
  const temporary = `${path}.${randomUUID()}`;
  attempt(path, () => {
    const descriptor = openSync(temporary, 'wx', mode);
    try {
      fill(descriptor, temporary);
      // Not left to open: the umask may be anything.
      fchmodSync(descriptor, mode);
      fsyncSync(descriptor);
      renameSync(temporary, path);
    } catch (error) {
      rmSync(temporary, { force: true });
      throw error;
    } finally {
      closeSync(descriptor);
    }
  });
}
