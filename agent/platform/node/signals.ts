import { constants } from 'node:os';
import { signalNumber } from '../../../shared/turn/signals.ts';

/** Node cannot listen to these, or must not: the kernel raises all but the first three for what the process does itself. */
const UNHEARD = ['SIGKILL', 'SIGSTOP', 'SIGCHLD', 'SIGPIPE', 'SIGBUS', 'SIGFPE', 'SIGSEGV', 'SIGILL'];

export function onSignal(receive: (signal: number) => void): void {
  for (const name of Object.keys(constants.signals) as NodeJS.Signals[]) {
    const number = signalNumber(name);
    if (number !== undefined && !UNHEARD.includes(name)) process.on(name, () => receive(number));
  }
}
