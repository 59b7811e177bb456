/** Where the packaged `taskflow` starts: a CommonJS script in the end, which cannot wait at its top level. */
import { basename } from 'node:path';
import { taskflow } from './program.ts';

/** What Node itself exits with when a module waits at its top level for what will never come. */
const UNSETTLED = 13;

/** `install` copies this executable to DIR/agent: under that name it is an agent, and nothing else. */
const AGENT = 'agent';
const args = process.argv.slice(2);

let over = false;
// Comes only where nothing is left that could still happen: such an end is no success here either.
process.once('beforeExit', () => {
  if (!over) process.exit(UNSETTLED);
});
void taskflow(basename(process.execPath) === AGENT ? [AGENT, ...args] : args).then(() => {
  over = true;
});
