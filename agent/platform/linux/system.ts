/** Calls that return -errno become values or a SystemError. */
import * as std from 'qjs:std';
import { SystemError } from '../../../shared/turn/errors.ts';

const NAMES: Readonly<Record<number, string>> = {
  1: 'EPERM',
  2: 'ENOENT',
  5: 'EIO',
  6: 'ENXIO',
  7: 'E2BIG',
  8: 'ENOEXEC',
  9: 'EBADF',
  11: 'EAGAIN',
  12: 'ENOMEM',
  13: 'EACCES',
  17: 'EEXIST',
  20: 'ENOTDIR',
  21: 'EISDIR',
  22: 'EINVAL',
  23: 'ENFILE',
  24: 'EMFILE',
  26: 'ETXTBSY',
  27: 'EFBIG',
  28: 'ENOSPC',
  30: 'EROFS',
  32: 'EPIPE',
  36: 'ENAMETOOLONG',
  40: 'ELOOP',
  122: 'EDQUOT',
};

/** The result of a call, unless it is -errno. @throws {SystemError} naming `what`. */
export function check(result: number, what: string): number {
  if (result < 0) throw systemError(-result, what);
  return result;
}

export function systemError(errno: number, what: string): SystemError {
  return new SystemError(NAMES[errno] ?? `errno ${errno}, ${std.strerror(errno)}`, what);
}
