import { existsSync } from 'node:fs';
import { watch as chokidarWatch } from 'chokidar';
import { type Watch } from '../../platform.ts';

/** chokidar on directories; `raw` too, as the kubelet's swap of `..data` changes no entry of its own name. */
export function watch(directories: readonly string[], ring: () => void): Watch {
  let ready = false;
  let failed = false;
  chokidarWatch([...directories], { depth: 0, followSymlinks: false, ignoreInitial: true, atomic: false })
    .on('all', ring)
    .on('raw', ring)
    .on('ready', () => {
      ready = true;
      ring();
    })
    .on('error', () => {
      // No inotify instance or watch left, or no permission: the poll has to do.
      failed = true;
      ring();
    });
  return { cover: () => ready && !failed && directories.every((each) => existsSync(each)) };
}
