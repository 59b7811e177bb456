/** On a terminal: the lines of the steps scroll by, and under them a list of the steps is kept up to date. */
import { styleText } from 'node:util';
import { type Reporter, type RunEvent } from '../events.ts';
import { listOf, type Row } from './list.ts';
import { prefix } from './plain.ts';
import { screenOn } from './screen.ts';
import { lastWritten, printable } from './text.ts';
import { canType } from '../keys.ts';
import { endOf, held, keys, shownOutcome, skipped, startOf, stopping } from './words.ts';

const FRAME = 100;

export function liveReporter(terminal: NodeJS.WriteStream): Reporter {
  const screen = screenOn(terminal);
  const rows: Row[] = [];
  // Many lines at once: to draw the list anew for each of them would be slow.
  const pending: string[] = [];
  const say = (line: string): void => void pending.push(line);
  const draw = (): void => {
    // Between Tasks, and once the last is over, the timer has nothing to draw.
    if (rows.length === 0) return;
    const { columns, rows: height } = terminal;
    screen.draw(pending.splice(0), listOf(rows, Date.now(), { columns, rows: height }));
  };
  const timer = setInterval(draw, FRAME);
  terminal.on('resize', draw);

  function report(event: RunEvent): void {
    switch (event.type) {
      case 'TaskStarted':
        startOf(event).forEach((line) => say(styleText('dim', line, { stream: terminal })));
        rows.splice(0, rows.length, ...event.steps.map(waiting));
        return draw();
      case 'StepStarted':
        return change(event.number, { state: 'Running', ran: true, begun: Date.now() });
      case 'Log': {
        const names = rows.map(({ name }) => name);
        const line = lastWritten(event.line);
        say(`${styleText('cyan', prefix(event.step, names), { stream: terminal })}${printable(line)}`);
        return change(event.number, { last: line });
      }
      case 'Progress':
        return change(event.number, { last: lastWritten(event.text) });
      case 'StepHeld':
        say(
          `${prefix(
            event.step,
            rows.map(({ name }) => name),
          )}${held(event)}`,
        );
        if (canType()) say(keys(event));
        change(event.number, { state: 'Held' });
        return draw();
      case 'StepResumed':
        change(event.number, { state: 'Running' });
        return draw();
      case 'StepFinished': {
        const { exitCode, startedAt, finishedAt } = event;
        const took = startedAt === undefined ? undefined : Date.parse(finishedAt) - Date.parse(startedAt);
        change(event.number, { state: shownOutcome(event), ran: startedAt !== undefined, exitCode, took });
        return draw();
      }
      case 'Typed':
        return screen.typed();
      case 'Notice':
        return say(event.text);
      case 'Stopping':
        return say(stopping(event));
      case 'TaskFinished':
        draw();
        screen.leave();
        rows.length = 0;
        return void terminal.write(`${endOf(event)}\n`);
      case 'TasksSkipped':
        return void terminal.write(`${skipped(event)}\n`);
      case 'Suspended':
        return screen.clear();
      case 'Resumed':
        return draw();
    }
  }

  function change(number: number, to: Partial<Row>): void {
    const row = rows[number - 1];
    if (row !== undefined) Object.assign(row, to);
  }

  return {
    report,
    close() {
      clearInterval(timer);
      terminal.off('resize', draw);
      draw();
      screen.leave();
    },
  };
}

const waiting = (name: string): Row => ({
  name,
  state: 'Waiting',
  ran: false,
  begun: undefined,
  took: undefined,
  exitCode: undefined,
  last: '',
});
