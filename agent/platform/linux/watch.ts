import * as native from 'qjs:taskflow';
import * as os from 'qjs:os';
import { type Watch } from '../../platform.ts';
import { onReadable } from './loop.ts';

/** inotify on directories: a file watched by itself is lost when the kubelet swaps `..data`. */
export function watch(directories: readonly string[], ring: () => void): Watch {
  // Fails when the user's inotify instances are used up; then the poll has to do.
  const descriptor = native.inotify();
  if (descriptor < 0) return { cover: () => false };

  const events = new ArrayBuffer(4096);
  onReadable(descriptor, () => {
    while (os.read(descriptor, events, 0, events.byteLength) > 0);
    ring();
  });
  return {
    // To add a watch that is there already changes nothing, and one whose directory was replaced comes back.
    cover: () => directories.map((each) => native.watchDirectory(descriptor, each) >= 0).every(Boolean),
  };
}
