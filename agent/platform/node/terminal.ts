import { closeSync, openSync } from 'node:fs';

/** Whether this process has a terminal. Then the command stays in its group and session; see the static build's. */
export const sharesTerminal = hasTerminal();

function hasTerminal(): boolean {
  try {
    closeSync(openSync('/dev/tty', 'r'));
    return true;
  } catch {
    return false;
  }
}
