import { type Reporter, type RunEvent } from '../events.ts';
import { endOf, skipped, startOf, stepEnd, stopping } from './words.ts';

interface Streams {
  stdout: NodeJS.WritableStream;
  stderr: NodeJS.WritableStream;
}

/** Plain lines: what steps print goes to the stream that they printed it to, all else to standard error. */
export function plainReporter({ stdout, stderr }: Streams): Reporter {
  let names: readonly string[] = [];
  const say = (line: string): void => void stderr.write(`${line}\n`);
  const about = ({ step, number }: { step: string; number: number }): string =>
    `[${number}/${names.length}] ${step}`;

  function report(event: RunEvent): void {
    switch (event.type) {
      case 'TaskStarted':
        names = event.steps;
        return startOf(event).forEach(say);
      case 'StepStarted':
        return say(`${about(event)} Running`);
      case 'Log':
        return void (event.stream === 'stdout' ? stdout : stderr).write(
          `${prefix(event.step, names)}${event.line}\n`,
        );
      case 'StepFinished':
        return say(`${about(event)} ${stepEnd(event)}`);
      case 'Stopping':
        return say(stopping(event));
      case 'TaskFinished':
        return say(endOf(event));
      case 'TasksSkipped':
        return say(skipped(event));
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
