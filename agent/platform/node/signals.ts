import { constants } from 'node:os';
import { signalNumber } from '../../../shared/turn/signals.ts';
import { type Signal } from '../../platform.ts';
import { sharesTerminal } from './terminal.ts';

/** Node cannot listen to these, or must not: the kernel raises all but the first three for what the process does itself. */
const UNHEARD = ['SIGKILL', 'SIGSTOP', 'SIGCHLD', 'SIGPIPE', 'SIGBUS', 'SIGFPE', 'SIGSEGV', 'SIGILL'];

/** With a terminal, these stop this process together with the command, so that the shell above sees the job stand still. */
const STOPPING = ['SIGTSTP', 'SIGTTIN', 'SIGTTOU'];
/** Node does not say who sent a signal. These are nearly always the terminal's, which sends them to the command too. */
const BY_TERMINAL = ['SIGINT', 'SIGQUIT', 'SIGWINCH'];

export function onSignal(receive: (signal: Signal) => void): void {
  const unheard = sharesTerminal ? [...UNHEARD, ...STOPPING] : UNHEARD;
  for (const name of Object.keys(constants.signals) as NodeJS.Signals[]) {
    const number = signalNumber(name);
    const reached = sharesTerminal && BY_TERMINAL.includes(name);
    if (number !== undefined && !unheard.includes(name)) process.on(name, () => receive({ number, reached }));
  }
}
