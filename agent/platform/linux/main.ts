/** The static build: the core on QuickJS and the C binding. */
import * as native from 'qjs:taskflow';
import * as os from 'qjs:os';
import * as std from 'qjs:std';
import { SystemError } from '../../../shared/turn/errors.ts';
import { main } from '../../main.ts';
import { type Platform } from '../../platform.ts';
import { killRest, start } from './commands.ts';
import { files } from './files.ts';
import { lifeline } from './lifeline.ts';
import { timer } from './loop.ts';
import { onSignal } from './signals.ts';
import { writeText } from './streams.ts';
import { watch } from './watch.ts';

/** The product's version; the bundler puts it in. */
declare const __TASKFLOW_VERSION__: string;

const STDOUT = 1;
const STDERR = 2;

/** How long standard error may take nothing, milliseconds. */
let patience = 1_000;

const platform: Platform = {
  args: scriptArgs.slice(1),
  machine: `linux/${native.architecture()}`,
  files,
  clock: {
    now: () => Date.now(),
    elapsed: () => os.now(),
    timer,
  },
  commands: { start, killRest },
  watch,
  lifeline,
  onSignal,
  print: (text) => writeText(STDOUT, text, { name: 'standard output', patience: 30_000 }),
  warn(line) {
    try {
      writeText(STDERR, `${line}\n`, { name: 'standard error', patience });
    } catch (error) {
      if (!(error instanceof SystemError)) throw error;
      // Whoever reads it is stuck, or gone: it is not waited for again.
      patience = 0;
    }
  },
};

// Not being able to is no harm: PID 1 is handed the orphans anyway.
native.subreaper();
std.exit(await main(platform, __TASKFLOW_VERSION__));
