import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { agents } from '../support/agents.ts';
import { scratch } from '../support/scratch.ts';
import { afterScript, asPid1, startedBy } from '../support/surroundings.ts';
import { CTRL_BACKSLASH, CTRL_C, CTRL_Z, onTerminal } from '../support/typing.ts';
import { crowd, need } from './builds.ts';

/** Says whether it is in the foreground, as the very first thing. */
const IN_FRONT = 'read -r _ _ _ _ group _ _ front _ </proc/$$/stat; [ "$group" = "$front" ] && echo in front';

describe.each(agents)('the $name on a terminal', (agent) => {
  it.for([
    ['with its input', ''],
    ['with its input redirected', '</dev/null'],
    ['with its output redirected', '| cat'],
  ])('has its command in the foreground from the first moment on, %s', async ([, redirected], test) => {
    await need(test, { machine: ['terminals'] });
    const many = startedBy(
      agent,
      'sh',
      '-c',
      `for i in $(seq ${crowd(agent)}); do "$@" ${redirected}; done`,
      'sh',
    );
    const { shown } = await onTerminal(many, ['--', 'sh', '-c', IN_FRONT]).over();
    expect(shown).toBe('in front\n'.repeat(crowd(agent)));
  });

  it('lets its command read from the terminal while its input is another', async (test) => {
    await need(test, { machine: ['terminals'] });
    const redirected = startedBy(agent, 'sh', '-c', '"$@" </dev/null', 'sh');
    const script = 'echo ask; read answer </dev/tty; echo "got $answer"';
    const terminal = onTerminal(redirected, ['--', 'sh', '-c', script]);
    await terminal.type('this\n', 'ask');
    expect(await terminal.over()).toMatchObject({ exitCode: 0, shown: 'ask\nthis\ngot this\n' });
  });

  it('lets the others of its pipeline read from the terminal', async (test) => {
    await need(test, { machine: ['terminals'] });
    const pipeline = startedBy(
      agent,
      'bash',
      '-ic',
      '"$@" | { read x; read y </dev/tty; echo "$x $y"; }',
      'bash',
    );
    const terminal = onTerminal(pipeline, ['--', 'sh', '-c', 'echo one; echo ask >&2; sleep 0.5']);
    await terminal.type('two\n', 'ask');
    expect((await terminal.over()).shown).toContain('one two\n');
  });

  it.for([
    ['^C', CTRL_C, 130],
    ['^\\', CTRL_BACKSLASH, 131],
  ] as const)('ends with its command at %s, and does not run it again', async ([, key, code], test) => {
    await need(test, { machine: ['terminals'] });
    const args = ['--retries', '3', '--retry-delay', '1ms', '--', 'sh', '-c', 'echo begun; exec sleep 300'];
    const terminal = onTerminal(agent, args);
    await terminal.type(key, 'begun');
    const { exitCode, shown } = await terminal.over();
    expect(exitCode).toBe(code);
    expect(shown.match(/begun/g)).toHaveLength(1);
  });

  it('ends with the script that it is part of at ^C', async (test) => {
    await need(test, { machine: ['terminals'] });
    const script = startedBy(agent, 'sh', '-c', '"$@"; echo next', 'sh');
    const terminal = onTerminal(script, ['--', 'sh', '-c', 'echo begun; exec sleep 300']);
    await terminal.type(CTRL_C, 'begun');
    expect((await terminal.over()).shown).not.toContain('next');
  });

  it('has what is typed, and a new size, told to its command once', async (test) => {
    await need(test, { machine: ['terminals'] });
    const script = `
trap 'echo heard INT' INT; trap 'echo heard QUIT' QUIT; trap 'echo heard WINCH' WINCH
echo begun; read a; stty rows 33 </dev/tty; read b; exit 7`;
    const terminal = onTerminal(agent, ['--', 'bash', '-c', script]);
    await terminal.type(CTRL_C, 'begun');
    await terminal.type(CTRL_BACKSLASH, 'heard INT');
    await terminal.type('a\n', 'heard QUIT');
    await terminal.type('b\n', 'heard WINCH');
    const { exitCode, shown } = await terminal.over();
    expect(exitCode).toBe(7);
    for (const what of ['INT', 'QUIT', 'WINCH']) {
      expect(shown.match(new RegExp(`heard ${what}`, 'g'))).toEqual([`heard ${what}`]);
    }
  });

  it('is one job of an interactive shell: ^Z stops it, fg goes on with it', async (test) => {
    await need(test, { machine: ['terminals'] });
    const shell = startedBy(agent, 'bash', '--norc', '-ic', '"$@"; echo code $?; fg; echo then $?', 'bash');
    const terminal = onTerminal(shell, ['--', 'sh', '-c', 'echo begun; sleep 1; read line; exit "$line"']);
    await terminal.type(CTRL_Z, 'begun');
    await terminal.type('9\n', 'code 148');
    expect((await terminal.over()).shown).toContain('then 9\n');
  });

  it('runs an interactive shell, with jobs of its own', async (test) => {
    await need(test, { machine: ['terminals'] });
    const terminal = onTerminal(agent, ['--', 'bash', '--norc', '-i']);
    await terminal.type(`sh -c 'echo job $((40 + 2)); exec sleep 300'\n`, '#');
    await terminal.type(CTRL_Z, 'job 42');
    await terminal.type('fg\n', 'Stopped');
    await terminal.type(CTRL_C, 'fg\r\n');
    await terminal.type('exit 3\n', '#');
    expect(await terminal.over()).toMatchObject({ exitCode: 3 });
  });

  it('gives a further attempt the terminal that a shell was killed with', async (test) => {
    await need(test, { agent, ability: 'take a terminal back', machine: ['terminals'] });
    const directory = await scratch();
    const script = `[ -e '${directory}/tried' ] && { echo ask; read line; exit "$line"; }
touch '${directory}/tried'; exec bash --norc -ic 'kill -9 $$'`;
    const args = ['--retries', '1', '--retry-delay', '1ms', '--', 'sh', '-c', script];
    const terminal = onTerminal(agent, args);
    await terminal.type('4\n', 'ask');
    expect(await terminal.over()).toMatchObject({ exitCode: 4 });
  });

  it('stops while it waits at ^Z, as any program does, and goes on', async (test) => {
    await need(test, { machine: ['terminals'] });
    const order = join(await scratch(), 'order');
    const shell = startedBy(agent, 'bash', '--norc', '-ic', '"$@"; echo code $?; fg', 'bash');
    const early = afterScript(shell, 'echo begun');
    await writeFile(order, 'garbage');
    const terminal = onTerminal(early, ['--wait', order, '--waitcontent', '1', '--', 'echo', 'ran']);
    await terminal.type(CTRL_Z, 'still waiting');
    await terminal.type('', 'code 148');
    await writeFile(order, '1');
    expect((await terminal.over()).shown).toContain('ran\n');
  });
});

describe.each(agents)('the $name as PID 1 on a terminal', (agent) => {
  it.for([
    ['the leader of its session', ['setsid', '--ctty']],
    ['one of a session that leads elsewhere', ['env']],
  ] as const)('is not stopped by ^Z, and ends at ^C: %s', async ([, before], test) => {
    await need(test, { machine: ['root', 'namespaces', 'terminals'] });
    const [first, ...rest] = before;
    const placed = asPid1(startedBy(agent, first, ...rest));
    const script = 'echo begun; sleep 0.5; echo goes on; exec sleep 300';
    const terminal = onTerminal(placed, ['--', 'sh', '-c', script]);
    await terminal.type(CTRL_Z, 'begun');
    await terminal.type(CTRL_C, 'goes on');
    expect(await terminal.over()).toMatchObject({ exitCode: 130 });
  });
});
