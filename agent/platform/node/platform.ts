/** The core's platform on Node: for local runs on any system. Never for a pod's steps: it needs 40 MB and glibc. */
import { performance } from 'node:perf_hooks';
import { type Platform } from '../../platform.ts';
import { hostPlatform } from '../../../shared/turn/host-platform.ts';
import { killRest, start } from './commands.ts';
import { files } from './files.ts';
import { lifeline } from './lifeline.ts';
import { onSignal } from './signals.ts';
import { print, warn } from './streams.ts';
import { watch } from './watch.ts';

export function nodePlatform(args: readonly string[]): Platform {
  return {
    args,
    machine: hostPlatform(),
    files,
    clock: {
      now: () => Date.now(),
      elapsed: () => performance.now(),
      timer(ms, ring) {
        const timer = setTimeout(ring, Math.min(Math.max(0, ms), 2 ** 31 - 1));
        return () => clearTimeout(timer);
      },
    },
    commands: { start, killRest },
    watch,
    lifeline,
    onSignal,
    print,
    warn,
  };
}
