/** The list of the steps, as lines of text. */
import { styleText } from 'node:util';
import { next, type OutcomeKind } from '../../../shared/turn/outcome.ts';
import { cut, plainText } from './text.ts';
import { duration } from './words.ts';

export interface Row {
  name: string;
  state: 'Waiting' | 'Running' | 'Held' | OutcomeKind;
  /** Whether its command was ever started. */
  ran: boolean;
  /** When it was started here, milliseconds since the epoch. */
  begun: number | undefined;
  /** Milliseconds. */
  took: number | undefined;
  exitCode: number | undefined;
  /** The last thing it printed. */
  last: string;
}

export interface Size {
  columns: number;
  rows: number;
}

/**
 * The list as lines that fit the terminal. Of more steps than it has room for, those around the one to look at are shown,
 * and the others are counted.
 *
 * @param now - milliseconds since the epoch
 */
export function listOf(rows: readonly Row[], now: number, { columns, rows: height }: Size): string[] {
  const width = Math.max(...rows.map(({ name }) => name.length));
  const lines = (some: readonly Row[]): string[] => some.map((row) => line(row, width, columns - 1, now));
  const room = Math.max(3, height - 4);
  if (rows.length <= room) return lines(rows);

  const running = rows.filter(isOn);
  const spread = rows.findLastIndex(isOn) - focus(rows);
  // Branches that run at once may be far from each other.
  if (running.length > 1 && spread >= room - 2) {
    const some = running.slice(0, room - 1);
    return [
      ...lines(some),
      ...rest(
        rows.filter((row) => !some.includes(row)),
        columns - 1,
      ),
    ];
  }
  const shown = room - 2;
  const middle = focus(rows) - Math.floor(shown / 2);
  const from = Math.max(0, Math.min(middle, rows.length - shown));
  return [
    ...rest(rows.slice(0, from), columns - 1),
    ...lines(rows.slice(from, from + shown)),
    ...rest(rows.slice(from + shown), columns - 1),
  ];
}

/** The step to look at: the one that runs, else the one that stopped the others, else the one whose turn comes. */
function focus(rows: readonly Row[]): number {
  const tests: ((row: Row) => boolean)[] = [
    isOn,
    (row) => tone(row) === 'red',
    ({ state }) => state === 'Waiting',
  ];
  for (const test of tests) {
    const at = rows.findIndex(test);
    if (at >= 0) return at;
  }
  return rows.length - 1;
}

const isOn = ({ state }: Row): boolean => state === 'Running' || state === 'Held';

/** `… 38 more: 38 Skipped` */
function rest(hidden: readonly Row[], columns: number): string[] {
  if (hidden.length === 0) return [];
  const counts = new Map<string, number>();
  for (const { state } of hidden) counts.set(state, (counts.get(state) ?? 0) + 1);
  const words = [...counts].map(([state, count]) => `${count} ${state}`).join(', ');
  return [styleText('dim', cut(`… ${hidden.length} more: ${words}`, columns))];
}

function line(row: Row, width: number, columns: number, now: number): string {
  const { name, state, begun, took, exitCode, last } = row;
  const elapsed = took ?? (isOn(row) && begun !== undefined ? now - begun : undefined);
  const words = [
    MARKS[tone(row)],
    name.padEnd(width),
    state.padEnd(9),
    elapsed === undefined ? '' : duration(elapsed),
    // That of a step which had no turn is the agent's, not that of anything that ran.
    tone(row) !== 'never' && exitCode !== undefined && exitCode !== 0 ? `exit ${exitCode}` : '',
    state === 'Running' ? plainText(last) : '',
  ];
  const text = words.filter((word) => word !== '').join(' ');
  return styleText(STYLES[tone(row)], cut(text.trimEnd(), columns));
}

type Tone = 'waiting' | 'running' | 'held' | 'green' | 'red' | 'never';

const MARKS: Record<Tone, string> = {
  waiting: '·',
  running: '▶',
  held: '‖',
  green: '✔',
  red: '✖',
  never: '–',
};
const STYLES = {
  waiting: 'dim',
  running: 'bold',
  held: 'yellow',
  green: 'green',
  red: 'red',
  never: 'dim',
} as const;

function tone({ state, ran }: Row): Tone {
  if (state === 'Waiting') return 'waiting';
  if (state === 'Running') return 'running';
  if (state === 'Held') return 'held';
  // An error is worth looking at, though nothing ran.
  if (state === 'Skipped' || (state === 'Cancelled' && !ran)) return 'never';
  return next({ outcome: state }) === 'go' ? 'green' : 'red';
}
