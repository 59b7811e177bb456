/**
 * The terminal, if this process has one. Then the command stays in this process's own group: what is typed reaches
 * both at once, the shell above sees one job, and the command may read from its first moment on. With a group of its
 * own, the rest of a pipeline would be stopped when it reads, and a command that ^Z stopped by nobody continued.
 */
import * as native from 'qjs:taskflow';

const terminal = native.terminal();

export const sharesTerminal = terminal >= 0;
export const leadsSession = native.leadsSession() === 1;

/** Takes the terminal back from a group that is gone: a shell that was killed could not give it back. */
export function reclaimTerminal(): void {
  if (sharesTerminal) native.reclaimTerminal(terminal);
}
