import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { liveReporter } from '../../cli/run/report/live.ts';
import { manifest, sh, taskFile } from '../support/cli.ts';
import { scratch } from '../support/scratch.ts';
import { onTerminal } from '../support/terminal.ts';
import { waitUntil } from '../support/wait-until.ts';

/** What colours dim, bold, green, red and cyan begin with. */
const COLOURS = [2, 1, 32, 31, 36].map((code) => `\u001B[${code}m`);
const LOW = { columns: 80, rows: 20 };

const sixty = (at: number, script: string) =>
  Array.from({ length: 60 }, (_, i) => sh(`s${i + 1}`, i + 1 === at ? script : 'true'));

describe('on a terminal', () => {
  it('the lines of the steps scroll by over a list that ends with every step’s state, time and exit code', async () => {
    const file = await taskFile([
      sh('good', 'echo fine; echo >&2 oops'),
      sh('bad', 'exit 7'),
      sh('never', 'true'),
    ]);
    const { emulator, end } = onTerminal(['run', file]);
    expect((await end()).exitCode).toBe(7);
    const text = emulator.lines.join('\n');
    for (const line of [
      /^good {2}\| fine$/m,
      /^good {2}\| oops$/m,
      /^✔ good +Succeeded +[\d.]+m?s$/m,
      /^✖ bad +Failed +[\d.]+m?s exit 7$/m,
      /^– never Skipped$/m,
      /^Task test Failure in .*: step 2 \(bad\) ended Failed: exit code 7$/m,
    ]) {
      expect(text).toMatch(line);
    }
  });

  it('a held step is shown, and goes on by a key that leaves no second list behind', async () => {
    const file = await taskFile([{ ...sh('ship', 'echo shipped'), pause: ['Before'] }]);
    const { emulator, press, end } = onTerminal(['run', file]);
    const shows = (text: RegExp) => waitUntil(String(text), () => text.test(emulator.lines.join('\n')));
    await shows(/^‖ ship Held/m);
    await shows(/^step ship is held; type c \(Continue\), s \(Skip\) or f \(Fail\), and Enter$/m);
    press('c\n');
    expect((await end()).exitCode).toBe(0);
    const text = emulator.lines.join('\n');
    expect(text).toMatch(/^ship \| shipped$/m);
    expect(text).toMatch(/^✔ ship Succeeded/m);
    expect(text).not.toContain('‖');
  });

  it('the last frame shows the step of sixty that failed, and counts the rest', async () => {
    const { emulator, end } = onTerminal(['run', await taskFile(sixty(5, 'exit 9'))], { size: LOW });
    expect((await end()).exitCode).toBe(9);
    const screen = emulator.screen.join('\n');
    expect(screen).toMatch(/^✖ s5 +Failed +[\d.]+m?s exit 9$/m);
    expect(screen).toMatch(/^… 46 more: 46 Skipped$/m);
    expect(screen).toMatch(/^Task test Failure in .*: step 5 \(s5\) ended Failed/m);
    expect(screen.match(/✖/g)).toHaveLength(1);
  });

  it('after Ctrl-C, steps that never began are not shown as failures', async () => {
    const ready = join(await scratch(), 'ready');
    const { emulator, end, press } = onTerminal(
      ['run', await taskFile(sixty(2, `touch ${ready}; sleep 300`))],
      { size: LOW },
    );
    await waitUntil('the second step runs', () => existsSync(ready));
    press('\u0003');
    expect((await end()).exitCode).toBe(130);
    const screen = emulator.screen.join('\n');
    expect(screen).toMatch(/^✖ s2 +Cancelled/m);
    expect(screen).toMatch(/^– s3 +Cancelled$/m);
    expect(screen.match(/✖/g)).toHaveLength(1);
    expect(screen).toContain('SIGINT: stopping; once more kills at once');
  });

  it('a long line is one line, to be copied', async () => {
    const url = `https://example.com/${'0123456789'.repeat(40)}`;
    const { emulator, end } = onTerminal(['run', await taskFile([sh('a', `echo ${url}`)])], { size: LOW });
    await end();
    expect(emulator.lines).toContain(`a | ${url}`);
  });

  it('what a step prints can neither clear the list nor leave its colour behind', async () => {
    const script = String.raw`echo before; printf '\033[2J\033[H\033[31mred\033]0;title\007\033[5A\033[K\n'; printf '\033[?1049h\033c\n'; echo after`;
    const { emulator, end } = onTerminal(['run', await taskFile([sh('a', script)])]);
    await end();
    const at = emulator.lines.indexOf('a | before');
    expect(emulator.lines.slice(at, at + 4)).toEqual(['a | before', 'a | red', 'a | ', 'a | after']);
    expect(emulator.lines[at + 4]).toMatch(/^✔ a Succeeded/);
    expect(emulator.titles).toEqual([]);
    expect(emulator.terminal.buffer.active.type).toBe('normal');
  });

  it('wide characters do not break the list', async () => {
    const go = join(await scratch(), 'go');
    const script = `echo ${'日本語'.repeat(60)}; while ! test -e ${go}; do sleep 0.05; done`;
    const { emulator, end } = onTerminal(['run', await taskFile([sh('a', script), sh('b', 'true')])], {
      size: LOW,
    });
    await waitUntil('it is in the list', () =>
      emulator.screen.some((line) => /▶ a Running.*日本語.*…$/.test(line)),
    );
    await writeFile(go, '');
    await end();
    expect(emulator.lines.filter((line) => /^[▶✔·] /.test(line))).toEqual([
      expect.stringMatching(/^✔ a Succeeded/),
      expect.stringMatching(/^✔ b Succeeded/),
    ]);
  });

  it.each([
    ['a counter that goes back to the begin of its line', String.raw`printf '10%%\r50%%\r'`, '50%', '100%'],
    ['a question without a newline', "printf 'sure? '", 'sure?', 'sure? 100%'],
  ])('%s shows while it stands there', async (_, before, shown, line) => {
    const go = join(await scratch(), 'go');
    const script = `${before}; while ! test -e ${go}; do sleep 0.05; done; echo 100%`;
    const { emulator, end } = onTerminal(['run', await taskFile([sh('a', script)])], { size: LOW });
    const row = new RegExp(`^▶ a Running +\\S+ ${shown.replace('?', '\\?')}$`);
    await waitUntil('it is in the list', () => emulator.screen.some((each) => row.test(each)));
    expect(emulator.lines.filter((each) => each.startsWith('a | '))).toEqual([]);
    await writeFile(go, '');
    await end();
    expect(emulator.lines).toContain(`a | ${line}`);
  });

  it('a Task that timed out is said to have timed out', async () => {
    const file = await taskFile([sh('a', 'sleep 300'), sh('b', 'true')], 'to', { timeout: '1s' });
    const { emulator, end } = onTerminal(['run', file]);
    expect((await end()).exitCode).toBe(124);
    const text = emulator.lines.join('\n');
    expect(text).toMatch(/^✖ a TimedOut +[\d.]+m?s exit \d+$/m);
    expect(text).toMatch(/^– b Skipped$/m);
    expect(text).toMatch(/^Task to timed out after 1s, in step 1 \(a\)$/m);
    expect(text).not.toMatch(/cancel/i);
  });

  it('Tasks that come after one that failed are named', async () => {
    const file = join(await scratch(), 'tasks.yaml');
    const names = ['one', 'two', 'three', 'four'];
    await writeFile(
      file,
      names.map((name) => manifest([sh('a', name === 'two' ? 'exit 3' : 'true')], name)).join('---\n'),
    );
    const { emulator, end } = onTerminal(['run', file]);
    expect((await end()).exitCode).toBe(3);
    expect(emulator.lines).toContain('not run, because Task two did not succeed: three, four');
  });

  it('Ctrl-Z stops the steps too, and leaves the terminal to the shell; fg brings both back', async () => {
    const directory = await scratch();
    const ready = join(directory, 'ready');
    const go = join(directory, 'go');
    const back = join(directory, 'back');
    const script = `sh -c 'echo $PPID' >${ready}; while ! test -e ${go}; do sleep 0.05; done; echo done`;
    const file = await taskFile([sh('a', script), sh('b', 'true')]);
    const { emulator, end, press } = onTerminal(['run', file], {
      size: LOW,
      // A shell with jobs, which goes on when the run is stopped.
      before: 'set -m;',
      after: `; echo shell; while ! test -e ${back}; do sleep 0.05; done; fg`,
    });
    await waitUntil(
      'the list is there',
      () => existsSync(ready) && emulator.lines.some((line) => line.startsWith('▶ a')),
    );
    press('\u001A');
    await waitUntil('the shell has the terminal', () => emulator.lines.includes('shell'));
    const pid = (await readFile(ready, 'utf8')).trim();
    await waitUntil('the step is stopped', async () => (await stateOf(pid)) === 'T');
    expect(emulator.lines.filter((line) => /^[▶·] /.test(line))).toEqual([]);
    await writeFile(back, '');
    await waitUntil('the step goes on', async () => (await stateOf(pid)) !== 'T');
    await waitUntil('the list is back', () => emulator.lines.some((line) => line.startsWith('▶ a')));
    await writeFile(go, '');
    expect((await end()).exitCode).toBe(0);
    expect(emulator.lines).toContain('a | done');
    expect(emulator.lines.filter((line) => /^[▶·✔] /.test(line))).toHaveLength(2);
  });

  it('without colour where NO_COLOR says so', async () => {
    const { raw } = await onTerminal(['run', await taskFile([sh('a', 'true')])], {
      env: { NO_COLOR: '1' },
    }).end();
    for (const code of COLOURS) expect(raw).not.toContain(code);
  });

  it.each([
    ['TERM=dumb', { TERM: 'dumb' }],
    ['TERM empty', { TERM: '' }],
    ['CI=true', { CI: 'true' }],
    ['CI=1', { CI: '1' }],
  ])('%s: plain lines', async (_, env) => {
    const { raw } = await onTerminal(['run', await taskFile([sh('a', 'echo x')])], { env }).end();
    expect(raw).toContain('[1/1] a Running\r\na | x\r\n[1/1] a Succeeded');
    expect(raw).not.toContain('\u001B');
  });

  it('CI=false: the list', async () => {
    const { raw } = await onTerminal(['run', await taskFile([sh('a', 'true')])], {
      env: { CI: 'false' },
    }).end();
    expect(raw).toContain('✔ a');
  });
});

/** The letter of a process's state in /proc. */
async function stateOf(pid: string): Promise<string | undefined> {
  return /\) (\w)/.exec(await readFile(`/proc/${pid}/stat`, 'utf8'))?.[1];
}

it('the list is drawn no more once the Task is over, however long the rest takes', () => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
  onTestFinished(() => void vi.useRealTimers());
  const terminal = Object.assign(new PassThrough(), { columns: 100, rows: 30, isTTY: true });
  const { report, close } = liveReporter(terminal as unknown as NodeJS.WriteStream);
  void report({ type: 'TaskStarted', task: 't', steps: ['a'], agent: 'agent', differences: [] });
  const end = {
    status: 'Successful',
    reason: 'Succeeded',
    exitCode: 0,
    durationMs: 1,
    message: '1 step',
  } as const;
  void report({ type: 'TaskFinished', task: 't', ...end });
  vi.advanceTimersByTime(1000);
  close();
  expect(String(terminal.read())).toMatch(/Task t Successful in 1ms: 1 step\n$/);
});
