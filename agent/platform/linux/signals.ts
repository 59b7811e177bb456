/** Signals, read from a signalfd. */
import * as native from 'qjs:taskflow';
import * as os from 'qjs:os';
import { type Signal } from '../../platform.ts';
import { reap } from './commands.ts';
import { onReadable } from './loop.ts';
import { check } from './system.ts';
import { leadsSession, sharesTerminal } from './terminal.ts';

/** sizeof(struct signalfd_siginfo); it begins with the signal's number, an errno, the code and the sender's pid. */
const SIGINFO = 128;

/** How a signal came, from <asm-generic/siginfo.h>: by kill(2); from the kernel, for what is not this process's doing. */
const SI_USER = 0;
const SI_KERNEL = 0x80;

const SIGHUP = 1;
const SIGCHLD = 17;
const SIGCONT = 18;
const SIGXCPU = 24;
/** What a terminal sends to all of its foreground group, or to the group that reads or writes from outside of it. */
const SIGTSTP = 20;
const SIGTTIN = 21;
const SIGTTOU = 22;
const BY_TERMINAL: readonly number[] = [SIGHUP, 2, 3, SIGCONT, SIGTSTP, SIGTTIN, SIGTTOU, 28];

export function onSignal(receive: (signal: Signal) => void): void {
  const descriptor = check(native.signals(), 'signalfd');
  const infos = new ArrayBuffer(8 * SIGINFO);
  const view = new DataView(infos);
  onReadable(descriptor, () => {
    for (;;) {
      const length = os.read(descriptor, infos, 0, infos.byteLength);
      if (length <= 0) return;
      for (let at = 0; at < length; at += SIGINFO) {
        hear(view.getUint32(at, true), view.getInt32(at + 8, true), view.getUint32(at + 12, true), receive);
      }
    }
  });
}

function hear(number: number, code: number, sender: number, receive: (signal: Signal) => void): void {
  if (number === SIGCHLD) reap();
  if (isOwn(number, code, sender)) return;
  receive({ number, reached: hasReachedCommand(number, code) });
  if (sharesTerminal && (number === SIGTSTP || number === SIGTTIN || number === SIGTTOU)) {
    // The shell of this terminal waits until all of the job stands still.
    native.takeDefault(number);
  }
}

/** Whether it is about this process alone: how a child fares, or what the kernel says to its writes and its own use. */
function isOwn(number: number, code: number, sender: number): boolean {
  if (number === SIGCHLD) return code > 0;
  // SIGPIPE and SIGXFSZ for a write come as if this process had sent them.
  return (code === SI_USER && sender === os.getpid()) || (code === SI_KERNEL && number === SIGXCPU);
}

function hasReachedCommand(number: number, code: number): boolean {
  if (!sharesTerminal || code !== SI_KERNEL || !BY_TERMINAL.includes(number)) return false;
  // A terminal that is hung up tells the leader of its session alone.
  return !(leadsSession && (number === SIGHUP || number === SIGCONT));
}
