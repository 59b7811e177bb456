import * as native from 'qjs:taskflow';
import * as os from 'qjs:os';
import { SystemError } from '../../../shared/turn/errors.ts';
import { type Files } from '../../platform.ts';
import { writeAll, writeText } from './streams.ts';
import { check } from './system.ts';

/** Flags of open(2) that qjs:os does not name; the same on amd64 and arm64. */
const O_CLOEXEC = 0o2000000;
const O_NONBLOCK = 0o4000;
/** A terminal at the path must not become the agent's own. */
const O_NOCTTY = 0o400;
/** How everything is opened that the agent was given: a FIFO or a device there must not hold it up. */
const GIVEN = O_CLOEXEC | O_NONBLOCK | O_NOCTTY;

const O_RDWR = 0o2;
const ENOENT = 2;
const ENXIO = 6;

/** How long what was given may take nothing, milliseconds: a FIFO whose reader sleeps. */
const PATIENCE = 1_000;

/** Enough for an order, a gate and an outcome; whatever else is at the path cannot fill the memory. */
const MAX_READ = 64 * 1024;

export const files: Files = {
  read(path) {
    // A FIFO that nobody writes to is an empty file this way.
    const descriptor = check(os.open(path, os.O_RDONLY | GIVEN), path);
    try {
      return readText(descriptor, MAX_READ, path).text;
    } finally {
      os.close(descriptor);
    }
  },

  list(directory) {
    checkDirectory(directory);
    const [names, failed] = os.readdir(directory);
    check(-failed, directory);
    return names.filter((name) => name !== '.' && name !== '..');
  },

  readPlain(directory, name, limit) {
    checkDirectory(directory);
    const path = `${directory}/${name}`;
    const descriptor = check(native.openPlain(path), path);
    try {
      const found = readText(descriptor, limit + 1, path);
      if (found.size > limit) throw new SystemError('EFBIG', path);
      return found;
    } finally {
      os.close(descriptor);
    }
  },

  makeDirectory(path) {
    makeParents(`${path}/`);
    check(-os.readdir(path)[1], path);
  },

  replace(path, text) {
    writeWhole(path, 0o644, (descriptor, temporary) => {
      writeText(descriptor, text, { name: temporary, patience: PATIENCE });
    });
  },

  overwrite(path, text) {
    const descriptor = check(os.open(path, os.O_WRONLY | os.O_TRUNC | GIVEN), path);
    try {
      writeText(descriptor, text, { name: path, patience: PATIENCE });
    } finally {
      os.close(descriptor);
    }
  },

  remove(path) {
    const [status, failed] = os.lstat(path);
    if (failed === ENOENT) return;
    check(-failed, path);
    if ((status.mode & os.S_IFMT) === os.S_IFDIR)
      for (const name of files.list(path)) files.remove(`${path}/${name}`);
    check(os.remove(path), path);
  },

  copySelf(path) {
    const self = openSelf();
    // Not left to mkdir: the umask may be anything, and every user must get to the agent.
    makeParents(path, (made) => void native.chmod(made, 0o755));
    writeWhole(path, 0o555, (descriptor, temporary) => {
      const buffer = new ArrayBuffer(MAX_READ);
      for (;;) {
        const length = check(os.read(self, buffer, 0, buffer.byteLength), 'reading this program');
        if (length === 0) break;
        writeAll(descriptor, buffer, length, { name: temporary, patience: PATIENCE });
      }
    });
    os.close(self);
  },
};

/** As much of it as `most` bytes, and how many these are. */
function readText(descriptor: number, most: number, path: string): { text: string; size: number } {
  let bytes = new Uint8Array(Math.min(most, MAX_READ));
  let size = 0;
  for (let more = -1; more !== 0 && size < most; size += more) {
    if (size === bytes.length) bytes = grown(bytes, most);
    more = check(os.read(descriptor, bytes.buffer, size, bytes.length - size), path);
  }
  const text = native.decode(bytes.buffer, size);
  // What was cut may end in the midst of a character.
  if (text === undefined && size < most) throw new SystemError('EILSEQ', path);
  return { text: text ?? '', size };
}

function grown(bytes: Uint8Array<ArrayBuffer>, most: number): Uint8Array<ArrayBuffer> {
  const larger = new Uint8Array(Math.min(most, 4 * bytes.length));
  larger.set(bytes);
  return larger;
}

/** Of what a step leaves, its directory is not to be taken for another one either. */
function checkDirectory(path: string): void {
  const [status, failed] = os.lstat(path);
  check(-failed, path);
  if ((status.mode & os.S_IFMT) !== os.S_IFDIR) throw new SystemError('ENOTDIR', path);
}

/** Opens the file that gets a copy of a stream: appended to, parents made. */
export function openLog(path: string): number {
  makeParents(path);
  const flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | GIVEN;
  const descriptor = os.open(path, flags, 0o644);
  if (descriptor !== -ENXIO) return check(descriptor, path);
  // A FIFO that nobody reads (yet): what opens it for reading too needs no reader, and makes it one for a moment.
  const reader = check(os.open(path, O_RDWR | GIVEN), path);
  const writer = os.open(path, flags);
  os.close(reader);
  return check(writer, path);
}

function openSelf(): number {
  const self = os.open('/proc/self/exe', os.O_RDONLY | O_CLOEXEC);
  if (self >= 0) return self;
  // Without /proc the path that it was started by has to do.
  const started = native.executable();
  return check(os.open(started, os.O_RDONLY | O_CLOEXEC), started);
}

/** Fills a temporary file beside `path`, and renames it only once it is whole and on the disk. */
function writeWhole(path: string, mode: number, fill: (descriptor: number, temporary: string) => void): void {
  // Two writers at once, in two pid namespaces perhaps, must not share a name.
  const temporary = `${path}.${os.getpid()}-${Math.random().toString(36).slice(2)}`;
  const flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | O_CLOEXEC;
  const descriptor = check(os.open(temporary, flags, mode), temporary);
  try {
    fill(descriptor, temporary);
    // Not left to open: the umask may be anything.
    check(native.fchmod(descriptor, mode), temporary);
    check(native.fsync(descriptor), temporary);
    check(os.rename(temporary, path), path);
  } catch (error) {
    os.remove(temporary);
    throw error;
  } finally {
    os.close(descriptor);
  }
}

function makeParents(path: string, made: (directory: string) => void = () => {}): void {
  for (let slash = path.indexOf('/', 1); slash > 0; slash = path.indexOf('/', slash + 1)) {
    // A parent that cannot be made, or is there already, shows when the file is opened.
    const parent = path.slice(0, slash);
    if (os.mkdir(parent, 0o755) === 0) made(parent);
  }
}
