/** On a terminal: the lines of the steps scroll by, and under them a list of the steps is kept up to date. */
import { styleText } from 'node:util';
import { createLogUpdate } from 'log-update';
import { next, type OutcomeKind } from '../../../shared/turn/outcome.ts';
import { type Reporter, type RunEvent } from '../events.ts';
import { prefix } from './plain.ts';
import { duration, endOf, startOf } from './words.ts';

interface Row {
  name: string;
  state: 'Waiting' | 'Running' | OutcomeKind;
  begun: number | undefined;
  took: number | undefined;
  exitCode: number | undefined;
  last: string;
}

const FRAME = 100;

/** What the list needs of a terminal. */
export interface Terminal extends NodeJS.WritableStream {
  columns?: number;
  rows?: number;
}

export function liveReporter(terminal: Terminal & NodeJS.WriteStream): Reporter {
  const list = createLogUpdate(terminal, { showCursor: true });
  const rows: Row[] = [];
  const names = (): string[] => rows.map(({ name }) => name);
  // Many lines at once: to redraw the list for each of them would be slow.
  const pending: string[] = [];
  const say = (line: string): void => void pending.push(line);
  const draw = (): void => {
    // Between Tasks, and once the last is over, the timer has nothing to draw.
    if (rows.length === 0) return;
    if (pending.length > 0) list.persist(pending.splice(0).join('\n'));
    list(render(rows, Date.now(), terminal.rows ?? 24));
  };
  const timer = setInterval(draw, FRAME);

  function report(event: RunEvent): void {
    switch (event.type) {
      case 'TaskStarted':
        startOf(event).forEach((line) => say(styleText('dim', line, { stream: terminal })));
        rows.splice(0, rows.length, ...event.steps.map(waiting));
        return draw();
      case 'StepStarted':
        return change(event.number, { state: 'Running', begun: Date.now() });
      case 'Log':
        say(`${styleText('cyan', prefix(event.step, names()), { stream: terminal })}${event.line}`);
        return change(event.number, { last: event.line });
      case 'StepFinished': {
        const { outcome, exitCode, startedAt, finishedAt } = event;
        const took = startedAt === undefined ? undefined : Date.parse(finishedAt) - Date.parse(startedAt);
        change(event.number, { state: outcome, exitCode, took });
        return draw();
      }
      case 'Stopping':
        return say(`${event.signal}: stopping; once more kills at once`);
      case 'TaskFinished':
        draw();
        list.done();
        rows.length = 0;
        return void terminal.write(`${endOf(event)}\n`);
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
      list.done();
    },
  };
}

const waiting = (name: string): Row => ({
  name,
  state: 'Waiting',
  last: '',
  begun: undefined,
  took: undefined,
  exitCode: undefined,
});

/** The list as text. Of more steps than the terminal has lines, those around the running one are shown. */
export function render(rows: readonly Row[], now: number, height: number): string {
  const room = Math.max(3, height - 4);
  const current = rows.findIndex(({ state }) => state === 'Running' || state === 'Waiting');
  const middle = current < 0 ? rows.length : current;
  const from = Math.max(0, Math.min(middle - Math.floor(room / 2), rows.length - room));
  const shown = rows.slice(from, from + room);
  const width = Math.max(...rows.map(({ name }) => name.length));
  const lines = shown.map((row) => line(row, width, now));
  const hidden = rows.length - shown.length;
  return [...lines, ...(hidden > 0 ? [`  … ${hidden} more`] : [])].join('\n');
}

function line({ name, state, begun, took, exitCode, last }: Row, width: number, now: number): string {
  const elapsed = took ?? (state === 'Running' && begun !== undefined ? now - begun : undefined);
  // A skipped step's code is the agent's, not that of anything that ran.
  const code = exitCode === undefined || exitCode === 0 || state === 'Skipped' ? '' : `exit ${exitCode}`;
  const words = [
    mark(state),
    name.padEnd(width),
    state.padEnd(9),
    elapsed === undefined ? '' : duration(elapsed),
    code,
  ];
  const text = [...words.filter((word) => word !== ''), state === 'Running' ? plainText(last) : '']
    .join(' ')
    .trimEnd();
  return styleText(color(state), text);
}

function mark(state: Row['state']): string {
  if (state === 'Waiting') return '·';
  if (state === 'Running') return '▶';
  if (state === 'Skipped') return '-';
  return next({ outcome: state }) === 'go' ? '✔' : '✖';
}

function color(state: Row['state']): 'dim' | 'bold' | 'green' | 'red' {
  if (state === 'Running') return 'bold';
  if (state === 'Waiting' || state === 'Skipped') return 'dim';
  return next({ outcome: state }) === 'go' ? 'green' : 'red';
}

/** What a step prints may move the cursor; in the list it must not. */
function plainText(text: string): string {
  return text.replaceAll(/[^\P{Cc}\t]/gu, '').slice(0, 60);
}
