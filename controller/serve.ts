import { runController } from './controller.ts';
import type { ControllerArguments } from './options.ts';

/** As an init system has it: gone without a fault of its own, and to be started again. */
const LOST = 1;

/**
 * Runs the controller as this process does nothing else: SIGTERM and SIGINT end it in good order, a second one at once.
 * Sets `process.exitCode`, or ends the process when it no longer leads.
 *
 * @throws {UsageError} @throws {CredentialsError} @throws {ListenError}
 */
export async function serve(args: ControllerArguments): Promise<void> {
  const stop = new AbortController();
  const onSignal = (signal: NodeJS.Signals): void => {
    if (stop.signal.aborted) process.exit(LOST);
    stop.abort(new Error(`stopped by ${signal}`));
  };
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, onSignal);
  try {
    // What was begun under a lost Lease must not go on.
    if ((await runController(args, stop.signal)) === 'lost') process.exit(LOST);
  } finally {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.removeListener(signal, onSignal);
  }
}
