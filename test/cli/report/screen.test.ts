import { PassThrough } from 'node:stream';
import { expect, it } from 'vitest';
import { screenOn } from '../../../cli/run/report/screen.ts';
import { Emulator } from '../../support/terminal.ts';

function on(columns: number, rows: number) {
  const emulator = new Emulator({ columns, rows });
  const terminal = Object.assign(new PassThrough(), { columns, rows });
  const screen = screenOn(terminal);
  const settle = async (): Promise<void> => {
    // A terminal's driver begins a new line at its left.
    await emulator.write(String(terminal.read() ?? '').replaceAll('\n', '\r\n'));
  };
  return { emulator, terminal, screen, settle };
}

it('text scrolls by over the list, and lines that are too long stay one', async () => {
  const { emulator, screen, settle } = on(20, 6);
  const url = `https://example.com/${'x'.repeat(50)}`;
  screen.draw(['one', url], ['first', 'second']);
  screen.draw(['two', 'three', 'four'], ['first!', 'second']);
  await settle();
  expect(emulator.lines).toEqual(['one', url, 'two', 'three', 'four', 'first!', 'second']);
  expect(emulator.screen.slice(-2)).toEqual(['first!', 'second']);
});

it('a terminal that becomes narrower shows no ghosts of the list', async () => {
  const { emulator, terminal, screen, settle } = on(30, 10);
  screen.draw(['text'], ['x'.repeat(25), 'y'.repeat(25)]);
  await settle();
  emulator.terminal.resize(10, 10);
  terminal.columns = 10;
  screen.draw([], ['x'.repeat(9), 'y'.repeat(9)]);
  await settle();
  expect(emulator.lines.filter((line) => line !== '')).toEqual(['text', 'x'.repeat(9), 'y'.repeat(9)]);
});

it('nothing is written while nothing changes', () => {
  const { terminal, screen } = on(20, 6);
  screen.draw([], ['a']);
  terminal.read();
  screen.draw([], ['a']);
  expect(terminal.read()).toBeNull();
});

it('a list that is cleared comes back below what was written since', async () => {
  const { emulator, terminal, screen, settle } = on(20, 6);
  screen.draw(['text'], ['a', 'b']);
  screen.clear();
  terminal.write('[1]+ Stopped\n');
  screen.draw([], ['a', 'b']);
  screen.leave();
  await settle();
  expect(emulator.lines.slice(0, 4)).toEqual(['text', '[1]+ Stopped', 'a', 'b']);
});
