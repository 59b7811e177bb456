/** The static build: the core on QuickJS and the C binding. */
import * as native from 'qjs:taskflow';
import * as os from 'qjs:os';
import * as std from 'qjs:std';
import { SystemError } from '../../../shared/turn/errors.ts';
import { main } from '../../main.ts';
import { type Platform } from '../../platform.ts';
import { reap, start } from './commands.ts';
import { files } from './files.ts';
import { lifeline } from './lifeline.ts';
import { onReadable, timer } from './loop.ts';
import { writeText } from './streams.ts';
import { check } from './system.ts';
import { watch } from './watch.ts';

/** The product's version; the bundler puts it in. */
declare const __TASKFLOW_VERSION__: string;

const SIGCHLD = 17;
/** sizeof(struct signalfd_siginfo); its first four bytes are the signal's number. */
const SIGINFO = 128;

const STDOUT = 1;
const STDERR = 2;

/** How long standard error may take nothing, milliseconds. */
let patience = 1_000;

const receivers: ((signal: number) => void)[] = [];

const platform: Platform = {
  args: scriptArgs.slice(1),
  machine: `linux/${native.architecture()}`,
  files,
  clock: {
    now: () => Date.now(),
    elapsed: () => os.now(),
    timer,
  },
  commands: { start },
  watch,
  lifeline,
  onSignal(receive) {
    // Said only here, where it becomes the step's outcome.
    if (deaf !== undefined) throw deaf;
    receivers.push(receive);
  },
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

/** From now on no signal ends this process by itself. @throws {SystemError} */
function listenForSignals(): void {
  const descriptor = check(native.signals(), 'signalfd');
  const infos = new ArrayBuffer(8 * SIGINFO);
  const view = new DataView(infos);
  onReadable(descriptor, () => {
    for (;;) {
      const length = os.read(descriptor, infos, 0, infos.byteLength);
      if (length <= 0) return;
      for (let at = 0; at < length; at += SIGINFO) {
        const signal = view.getUint32(at, true);
        if (signal === SIGCHLD) reap();
        else for (const receive of receivers) receive(signal);
      }
    }
  });
}

let deaf: unknown;
try {
  listenForSignals();
} catch (error) {
  deaf = error;
}
// Not being able to is no harm: PID 1 is handed the orphans anyway.
native.subreaper();
std.exit(await main(platform, __TASKFLOW_VERSION__));
