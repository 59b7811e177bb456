import { type Writable } from 'node:stream';
import { type Reporter } from '../events.ts';
import { write } from './write.ts';

/** One event a line, each with the time at which it was reported. */
export function jsonReporter(output: Writable): Reporter {
  return {
    report: (event) => {
      if (event.type === 'Progress' || event.type === 'Typed') return;
      return write(output, `${JSON.stringify({ time: new Date().toISOString(), ...event })}\n`);
    },
    close: () => undefined,
  };
}
