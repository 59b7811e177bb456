import { type Writable } from 'node:stream';
import { bytesOf, type Reporter, type RunEvent } from '../events.ts';
import { canType } from '../keys.ts';
import { endOf, held, keys, resumed, skipped, startOf, stepEnd, stopping } from './words.ts';
import { write } from './write.ts';

interface Streams {
  stdout: Writable;
  stderr: Writable;
}

/** Plain lines: what steps print goes to the stream that they printed it to, all else to standard error. */
export function plainReporter({ stdout, stderr }: Streams): Reporter {
  let names: readonly string[] = [];
  /** The streams on which a line has begun that goes on, and whose line it is. */
  const begun = new Map<Writable, string>();
  const say = (line: string): void => void write(stderr, `${line}\n`);
  const about = ({ step, number }: { step: string; number: number }): string =>
    `[${number}/${names.length}] ${step}`;

  function print(event: Extract<RunEvent, { type: 'Log' }>): void | Promise<void> {
    const stream = event.stream === 'stdout' ? stdout : stderr;
    const open = begun.get(stream);
    // Steps that run at once do not write into each other's lines.
    const cut = open !== undefined && open !== event.step ? '\n' : '';
    const before = open === event.step ? '' : `${cut}${prefix(event.step, names)}`;
    if (event.partial === true) begun.set(stream, event.step);
    else begun.delete(stream);
    return write(
      stream,
      Buffer.concat([Buffer.from(before), bytesOf(event), Buffer.from(event.partial === true ? '' : '\n')]),
    );
  }

  function report(event: RunEvent): void | Promise<void> {
    switch (event.type) {
      case 'TaskStarted':
        names = event.steps;
        return startOf(event).forEach(say);
      case 'StepStarted':
        return say(`${about(event)} Running`);
      case 'Log':
        return print(event);
      case 'StepHeld':
        say(`${about(event)} ${held(event)}`);
        return canType() ? say(keys(event)) : undefined;
      case 'StepResumed':
        return say(`${about(event)} ${resumed(event)}`);
      case 'StepFinished':
        return say(`${about(event)} ${stepEnd(event)}`);
      case 'Notice':
        return say(event.text);
      case 'Stopping':
        return say(stopping(event));
      case 'TaskFinished':
        return say(endOf(event));
      case 'TasksSkipped':
        return say(skipped(event));
      case 'Progress':
      case 'Typed':
      case 'Suspended':
      case 'Resumed':
        return;
    }
  }
  return { report, close: () => undefined };
}

/** Names of equal width, so that the lines of all steps begin in one column. */
export function prefix(step: string, names: readonly string[]): string {
  return `${step.padEnd(Math.max(...names.map((name) => name.length)))} | `;
}
