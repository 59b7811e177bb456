import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, stat } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseKeys } from '../../cli/run/keys.ts';
import { ask } from '../../cli/run/resume-socket.ts';
import { type Step } from '../../shared/task/task.ts';
import { MAIN, sh, taskFile, taskflow } from '../support/cli.ts';
import { hear } from '../support/hear.ts';
import { need } from '../agent/builds.ts';
import { scratch } from '../support/scratch.ts';
import { onTerminal } from '../support/typing.ts';
import { waitUntil } from '../support/wait-until.ts';

const held = (step: Step, ...pause: NonNullable<Step['pause']>): Step => ({ ...step, pause });

/** A run in a directory of its own, whose steps can be held. */
async function running(steps: readonly Step[], { below = '', flags = [] as string[] } = {}) {
  const temporary = join(await scratch(), below);
  await mkdir(temporary, { recursive: true });
  const run = taskflow(['run', ...flags, await taskFile(steps)], { env: { TMPDIR: temporary } });
  const said = hear(run.stderr);
  const root = async () => {
    const [name] = await waitUntil('it has a directory', async () => {
      const names = await readdir(temporary);
      return names.length > 0 ? names : undefined;
    });
    return join(temporary, name ?? '');
  };
  return { run, said, root, temporary, says: (text: string) => waitUntil(text, () => said().includes(text)) };
}

describe('a held step of taskflow run', () => {
  it('is named with how to go on, and goes on by taskflow resume', async () => {
    const script = 'echo x >>"$TMPDIR/tries"; [ $(wc -l <"$TMPDIR/tries") = 3 ] || exit 3';
    const steps = [held(sh('test', script), 'OnFailure'), held(sh('publish', 'echo published'), 'Before')];
    const { run, said, root, says } = await running(steps);
    await says('[1/2] test Held after its command; to go on: taskflow resume --run ');
    const at = await root();
    expect(said()).toContain(`taskflow resume --run ${at} [--action Continue|Retry|Skip|Fail]`);
    expect((await stat(at)).mode & 0o777).toBe(0o700);
    expect((await stat(join(at, 'resume.sock'))).mode & 0o777).toBe(0o600);

    const resume = (...args: string[]) => taskflow(['resume', '--run', at, ...args]);
    const refused = await resume('--step', 'publish');
    expect(refused).toMatchObject({ exitCode: 2, stdout: '' });
    expect(refused.stderr).toContain('step publish is not held; held now: test');
    expect(await resume('--step', 'test', '--action', 'Retry')).toMatchObject({
      exitCode: 0,
      stdout: 'step test goes on: Retry\n',
    });
    await waitUntil('it is held again', () => said().split('Held after').length === 3);
    await ask(at, { action: 'Retry' });
    await says('[2/2] publish Held before its command; to go on: ');
    expect(said()).toContain('[--action Continue|Skip|Fail]');
    await expect(ask(at, { action: 'Retry' })).rejects.toThrow(
      'Retry of step publish: its command has not run',
    );
    await expect(ask(at, { action: 'Continue', step: 'publlish' })).rejects.toThrow(
      'Task test has no step "publlish"; held now: publish',
    );
    expect(await ask(at, { action: 'Continue' })).toMatchObject([
      { step: 'publish', kind: 'Before', hold: 1 },
    ]);
    expect(await run).toMatchObject({ exitCode: 0, stdout: 'publish | published\n' });
    expect(said()).toMatch(/\[1\/2\] test Resumed: Retry\n[^]*\[1\/2\] test Succeeded in/);
    await expect(ask(at, { action: 'Continue' })).rejects.toThrow('no run with a step that can be held');
  });

  it.each([
    ['Skip', 0, 'first Omitted: skipped by a Resume before it began', 'second | ran\n'],
    ['Fail', 1, 'first Failed: failed by a Resume before it began', ''],
  ] as const)('ends by %s with exit code %i', async (action, exitCode, says, stdout) => {
    const {
      run,
      said,
      root,
      says: until,
    } = await running([held(sh('first', 'echo no'), 'Before'), sh('second', 'echo ran')]);
    await until('Held before');
    await ask(await root(), { action });
    expect(await run).toMatchObject({ exitCode, stdout });
    expect(said()).toContain(says);
  });

  it('is an event of -o json, and so is its end', async () => {
    const { run, root } = await running([held(sh('only', 'true'), 'After')], { flags: ['-o', 'json'] });
    const heard = hear(run.stdout);
    await waitUntil('it is held', () => heard().includes('StepHeld'));
    const at = await root();
    await ask(at, { action: 'Fail' });
    const { exitCode, stdout } = await run;
    expect(exitCode).toBe(1);
    const events = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { type: string });
    const about = { task: 'test', step: 'only', number: 1, kind: 'After', hold: 1 };
    expect(events.filter(({ type }) => type.startsWith('Step'))).toMatchObject([
      { type: 'StepStarted' },
      { type: 'StepHeld', ...about, run: at, since: expect.any(String) },
      { type: 'StepResumed', ...about, action: 'Fail' },
      { type: 'StepFinished', outcome: 'Failed', exitCode: 1, reason: 'FailedByResume' },
    ]);
  });

  it('holds no branch but its own', async () => {
    const steps = [
      held({ ...sh('a', 'echo a'), after: [] }, 'Before'),
      { ...sh('b', 'echo b'), after: [] },
      { ...sh('c', 'echo c'), after: ['b'] },
      { ...sh('d', 'echo d'), after: ['a', 'c'] },
    ];
    const { run, root, says } = await running(steps);
    const heard = hear(run.stdout);
    await says('Held before');
    await waitUntil('the other branch is over', () => heard().includes('c | c'));
    expect(heard()).not.toContain('d | d');
    await ask(await root(), { action: 'Continue', step: 'a' });
    expect((await run).stdout).toMatch(/c \| c\na \| a\nd \| d\n$/);
  });

  it.each([
    ['SIGINT', 'Before', 130, 'Cancelled'],
    ['SIGTERM', 'After', 143, 'Succeeded'],
  ] as const)('ends at %s while it is held %s', async (signal, kind, exitCode, outcome) => {
    const { run, said, says, temporary } = await running([held(sh('only', 'echo ran'), kind)]);
    await says('Held ');
    run.kill(signal);
    expect(await run).toMatchObject({ exitCode, stdout: kind === 'After' ? 'only | ran\n' : '' });
    expect(said()).toContain(`[1/1] only ${outcome}`);
    expect(await readdir(temporary)).toEqual([]);
  });

  it('ends with a run that is killed: no command begins, and no agent is left', async () => {
    const directory = await scratch();
    const { run, root, says } = await running([held(sh('only', `echo >${directory}/ran`), 'Before')]);
    await says('Held before');
    const at = await root();
    run.kill('SIGKILL');
    await run;
    const outcome = join(at, 'run/1/outcome.json');
    await waitUntil('its agent says so', () => existsSync(outcome));
    expect(JSON.parse(await readFile(outcome, 'utf8'))).toMatchObject({
      outcome: 'Cancelled',
      reason: 'RunGone',
    });
    expect(existsSync(join(directory, 'ran'))).toBe(false);
    await expect(ask(at, { action: 'Continue' })).rejects.toThrow('the run is over');
  });

  it('can be resumed where the path of its socket is too long for the system', async () => {
    const { run, root, says } = await running([held(sh('only', 'echo ran'), 'Before')], {
      below: 'x'.repeat(120),
    });
    await says('Held before');
    await ask(await root(), { action: 'Continue' });
    expect(await run).toMatchObject({ exitCode: 0, stdout: 'only | ran\n' });
  });

  it('does not heed what is no question, and whoever asks without end is not listened to', async () => {
    const { run, root, says } = await running([held(sh('only', 'echo ran'), 'Before')]);
    await says('Held before');
    const at = await root();
    const send = async (text: string): Promise<string> => {
      const socket = connect(join(at, 'resume.sock')).on('error', () => undefined);
      const heard = hear(socket);
      socket.end(text);
      await new Promise((resolve) => socket.once('close', resolve));
      return heard();
    };
    for (const text of ['', '\n', '[]', 'null', '{"action":"Go"}', '{"action":"Skip","step":3}'])
      expect(await send(text)).toContain('"error":"expected {');
    expect(await send('{'.repeat(10_000))).toBe('');
    connect(join(at, 'resume.sock')).on('error', () => undefined);
    await ask(at, { action: 'Continue' });
    expect(await run).toMatchObject({ exitCode: 0, stdout: 'only | ran\n' });
  });

  it('goes on by a key on a terminal, which stays as it is', async (test) => {
    await need(test, { machine: ['terminals'] });
    const steps = [held(sh('first', 'exit 4'), 'OnFailure'), held(sh('second', 'echo ran'), 'Before')];
    const terminal = onTerminal({ command: [process.execPath, MAIN] }, ['run', await taskFile(steps)]);
    await terminal.type(
      'x\n',
      'step first is held; type c (Continue), r (Retry), s (Skip) or f (Fail), and Enter',
    );
    await terminal.type('r second\n', 'expected c (Continue)');
    await terminal.type('s\n', 'step second is not held; held now: first');
    await terminal.type(
      'c second\n',
      'step second is held; type c (Continue), s (Skip) or f (Fail), and Enter',
    );
    const { exitCode, shown } = await terminal.over();
    expect(exitCode).toBe(0);
    expect(shown).toContain('second | ran');
  });
});

describe('taskflow run --dry-run', () => {
  it('says where a step is held', async () => {
    const file = await taskFile([held(sh('a', 'true'), 'Before', 'OnFailure'), sh('b', 'true')]);
    const { stdout } = await taskflow(['run', '--dry-run', file]);
    expect(stdout.match(/^ {4}held .*/gm)).toEqual(['    held         Before, OnFailure']);
  });
});

describe('what a person types', () => {
  it.each([
    ['c', { action: 'Continue' }],
    [' R ', { action: 'Retry' }],
    ['skip', { action: 'Skip' }],
    ['f publish', { action: 'Fail', step: 'publish' }],
    ['', undefined],
    ['yes', undefined],
    ['c a b', undefined],
  ])('%j', (line, asked) => expect(parseKeys(line)).toEqual(asked));
});

describe('taskflow resume', () => {
  it.each([
    ['needs a run', [], 'nothing to resume; write taskflow resume TASK, or taskflow resume --run DIR'],
    [
      'needs one that is there',
      ['--run', '/no/such'],
      'no run with a step that can be held has this directory',
    ],
    ['knows its actions', ['--run', '/tmp', '--action', 'Continu'], 'Continue'],
  ])('%s', async (_, args, message) => {
    const seen = await taskflow(['resume', ...args]);
    expect(seen).toMatchObject({ exitCode: 2, stdout: '' });
    expect(seen.stderr).toContain(message);
  });
});
