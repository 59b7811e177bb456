import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { stripVTControlCharacters } from 'node:util';
import { execa } from 'execa';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { liveReporter, render } from '../../cli/run/report/live.ts';
import { sh, taskFile } from '../support/cli.ts';

const MAIN = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));

/** What colours dim, bold, green, red and cyan begin with. */
const COLOURS = [2, 1, 32, 31, 36].map((code) => `\u001B[${code}m`);

describe('on a terminal', () => {
  it('the lines of the steps scroll by over a list that ends with every step’s state, time and exit code', async () => {
    const file = await taskFile([
      sh('good', 'echo fine; sleep 0.3'),
      sh('bad', 'exit 7'),
      sh('never', 'true'),
    ]);
    const { stdout, exitCode } = await onTerminal(['run', file]);
    const text = stripVTControlCharacters(stdout).replaceAll('\r', '');
    expect(exitCode).toBe(7);
    expect(text).toContain('good  | fine\n');
    expect(text).toMatch(/^▶ good +Running +[\d.]+m?s fine$/m);
    for (const row of [
      /^✔ good +Succeeded +[\d.]+m?s$/m,
      /^✖ bad +Failed +[\d.]+m?s exit 7$/m,
      /^- never Skipped$/m,
    ]) {
      expect(text).toMatch(row);
    }
    expect(text).toMatch(/Task test Failure in .*: step 2 \(bad\) ended Failed: exit code 7\n$/);
  });

  it('without colour where NO_COLOR says so', async () => {
    const { stdout } = await onTerminal(['run', await taskFile([sh('a', 'true')])], { NO_COLOR: '1' });
    for (const code of COLOURS) expect(stdout).not.toContain(code);
  });
});

describe('the list', () => {
  it('is drawn no more once the Task is over, however long the rest takes', () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
    onTestFinished(() => void vi.useRealTimers());
    const terminal = Object.assign(new PassThrough(), { columns: 100, rows: 30, isTTY: true });
    const { report, close } = liveReporter(terminal as unknown as NodeJS.WriteStream);
    report({ type: 'TaskStarted', task: 't', steps: ['a'], agent: 'agent', differences: [] });
    const end = { status: 'Successful', exitCode: 0, durationMs: 1, message: '1 step' } as const;
    report({ type: 'TaskFinished', task: 't', ...end });
    vi.advanceTimersByTime(1000);
    close();
    expect(String(terminal.read())).toMatch(/Task t Successful in 1ms: 1 step\n$/);
  });

  const rows = Array.from({ length: 100 }, (_, i) => ({
    name: `s${i}`,
    state: i < 50 ? ('Succeeded' as const) : ('Waiting' as const),
    begun: undefined,
    took: i < 50 ? 5 : undefined,
    exitCode: undefined,
    last: '',
  }));

  it('shows the steps around the running one when the terminal is too low for all', () => {
    const lines = stripVTControlCharacters(render(rows, 0, 20)).split('\n');
    expect(lines).toHaveLength(17);
    expect(lines.join('\n')).toContain('s50');
    expect(lines.at(-1)).toBe('  … 84 more');
  });

  it('cannot be disturbed by what a step prints', () => {
    const row = {
      name: 'a',
      state: 'Running' as const,
      begun: 0,
      took: undefined,
      exitCode: undefined,
      last: '\u001B[2Jx\r\u0007y',
    };
    expect(stripVTControlCharacters(render([row], 1000, 20))).toBe('▶ a Running   1.0s [2Jxy');
  });
});

/** Runs the CLI on a terminal of its own, made by script(1). */
async function onTerminal(args: readonly string[], env: Record<string, string> = {}) {
  const command = [process.execPath, MAIN, ...args].map((word) => `'${word}'`).join(' ');
  return execa('script', ['-qec', `stty cols 100 rows 30; ${command}`, join('/dev', 'null')], {
    env: { TERM: 'xterm-256color', ...env },
    reject: false,
    stdin: 'ignore',
    stripFinalNewline: false,
  });
}
