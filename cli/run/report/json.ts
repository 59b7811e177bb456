import { type Reporter } from '../events.ts';

/** One event a line, each with the time at which it was reported. */
export function jsonReporter(output: NodeJS.WritableStream): Reporter {
  return {
    report: (event) => void output.write(`${JSON.stringify({ time: new Date().toISOString(), ...event })}\n`),
    close: () => undefined,
  };
}
