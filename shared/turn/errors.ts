/** Arguments of a command line that make no sense. */
export class UsageError extends Error {
  override name = 'UsageError';
}

/** A system call that failed: on what, and with which errno. */
export class SystemError extends Error {
  override name = 'SystemError';
  /** The name of the errno, `ENOENT`. */
  readonly code: string;

  constructor(code: string, what: string) {
    super(`${what}: ${ERRNO[code] ?? 'the system refused'} (${code})`);
    this.code = code;
  }
}

/** What the system has no room for now, and may have again in a moment: processes, descriptors, memory. */
export const SHORTAGES: readonly string[] = ['EAGAIN', 'EMFILE', 'ENFILE', 'ENOMEM'];

const ERRNO: Readonly<Record<string, string>> = {
  E2BIG: 'argument list too long',
  EACCES: 'permission denied',
  EAGAIN: 'resource temporarily unavailable',
  EBADF: 'not an open descriptor',
  EDQUOT: 'disk quota exceeded',
  EFBIG: 'file too large',
  EILSEQ: 'not valid UTF-8',
  EINVAL: 'not an absolute path',
  EIO: 'input/output error',
  EISDIR: 'is a directory',
  ELOOP: 'too many levels of symbolic links',
  EMFILE: 'too many open files',
  ENAMETOOLONG: 'file name too long',
  ENFILE: 'too many open files on this machine',
  ENOENT: 'no such file or directory',
  ENOEXEC: 'not a program for this machine, or a script without #!',
  ENOMEM: 'out of memory',
  ENOSPC: 'no space left on device',
  ENOTDIR: 'not a directory',
  ENOTSUP: 'only the static agent can copy itself, not the one that Node runs',
  ENXIO: 'no such device or address',
  EPIPE: 'broken pipe',
  EPERM: 'operation not permitted',
  EROFS: 'read-only file system',
  ETXTBSY: 'program file is being written',
};
