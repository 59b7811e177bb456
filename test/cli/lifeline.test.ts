/** Nothing outlives its run, however the run ends. */
import { existsSync } from 'node:fs';
import { chmod, mkdir, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { describe, expect, it, onTestFinished } from 'vitest';
import { localAgents, staticAgent } from '../support/agents.ts';
import { MAIN, sh, taskFile, taskflow } from '../support/cli.ts';
import { isAlive } from '../support/is-alive.ts';
import { processesWith } from '../support/processes.ts';
import { scratch } from '../support/scratch.ts';
import { waitUntil } from '../support/wait-until.ts';

describe.each(localAgents)('of a run with the $name', ({ command }) => {
  it('nothing is left when it is killed: the step ends, no other begins, and the next run removes its directory', async () => {
    const place = await scratch();
    const temporary = join(place, 'tmp');
    const pids = join(place, 'pids');
    await mkdir(temporary);
    const file = await taskFile([
      sh('first', `sleep 300 & echo $$ $! $PPID >${pids}; wait`),
      sh('deploy', `touch ${join(place, 'deployed')}`),
    ]);
    const agent = ['--agent', command.at(-1) ?? ''];
    const run = taskflow(['run', ...agent, file], { env: { TMPDIR: temporary } });
    const written = await waitUntil('the first step runs', () => readFile(pids, 'utf8').catch(() => ''));
    run.kill('SIGKILL');
    await run;
    for (const pid of written.trim().split(' ').map(Number))
      await waitUntil(`process ${pid} is gone`, () => !isAlive(pid));
    const [left] = await readdir(temporary);
    await waitUntil('no agent is left', async () => (await processesWith(`${left}`)).length === 0);
    expect(existsSync(join(place, 'deployed'))).toBe(false);

    const next = await taskflow(['run', ...agent, await taskFile([sh('a', 'true')])], {
      env: { TMPDIR: temporary },
    });
    expect(next.exitCode).toBe(0);
    expect(await readdir(temporary)).toEqual([]);
  });
});

describe('of a run', () => {
  it('nothing is left running that a step hides: another TMPDIR, no environment, no parent, a session of its own', async () => {
    const hidden = 'sleep 300 >/dev/null 2>&1 & echo $!';
    const file = await taskFile([
      { ...sh('own-tmpdir', hidden), env: [{ name: 'TMPDIR', value: '/tmp' }] },
      sh('no-environment', `env -i ${hidden}`),
      sh('orphan', `(${hidden})`),
      sh('own-session', `setsid sh -c '${hidden}'`),
    ]);
    const { exitCode, stdout } = await taskflow(['run', '--agent', staticAgent.command[0], file]);
    const pids = stdout
      .trimEnd()
      .split('\n')
      .map((line) => Number(line.split('| ')[1]));
    expect({ exitCode, pids }).toEqual({ exitCode: 0, pids: Array(4).fill(expect.any(Number)) });
    for (const pid of pids) await waitUntil(`process ${pid} is gone`, () => !isAlive(pid));
  });

  it.each([
    ['that lives', false],
    ['that is kept', true],
  ])('a directory %s is not removed by another run', async (_, isKept) => {
    const temporary = await scratch();
    const go = join(await scratch(), 'go');
    const env = { TMPDIR: temporary };
    const file = await taskFile([sh('a', `until test -e ${go}; do sleep 0.05; done; test -d $TMPDIR`)]);
    const first = taskflow(['run', ...(isKept ? ['--keep'] : []), file], { env });
    await waitUntil('it has begun', () =>
      readdir(temporary).then(([name]) => name && existsSync(join(temporary, name, 'run/1'))),
    );
    if (isKept) first.kill('SIGKILL');
    if (isKept) await first;
    await taskflow(['run', await taskFile([sh('b', `touch ${go}`)])], { env });
    expect((await first).exitCode).toBe(isKept ? undefined : 0);
    expect(await readdir(temporary)).toHaveLength(isKept ? 1 : 0);
  });

  it.each([
    [
      'standard output is full',
      `${process.execPath} ${MAIN} run "$1" >/dev/full`,
      1,
      /^taskflow: cannot write to standard output: no space left on device \(ENOSPC\)$/m,
    ],
    ['standard error is full', `${process.execPath} ${MAIN} run "$1" 2>/dev/full`, 1, /^$/],
    [
      'events cannot be written',
      `${process.execPath} ${MAIN} run -o json "$1" >/dev/full`,
      1,
      /^taskflow: cannot write to standard output.*\n$/,
    ],
    [
      'nobody reads any more',
      `set -o pipefail; ${process.execPath} ${MAIN} run "$1" | head -n 1 >/dev/null`,
      141,
      /stopped by SIGPIPE\n$/,
    ],
  ])('no further step begins when %s', async (_, line, code, message) => {
    const temporary = await scratch();
    const marker = join(await scratch(), 'ran');
    const file = await taskFile([
      sh('a', 'echo a; echo b; sleep 2; echo c; sleep 300'),
      sh('b', `touch ${marker}`),
    ]);
    const run = execa('bash', ['-c', line, 'bash', file], {
      reject: false,
      stripFinalNewline: false,
      env: { TMPDIR: temporary },
    });
    onTestFinished(() => void run.kill());
    const { exitCode, stderr } = await run;
    expect(stderr).toMatch(message);
    expect(stderr).not.toMatch(/internal error|    at /);
    expect({ exitCode, ran: existsSync(marker), left: await readdir(temporary) }).toEqual({
      exitCode: code,
      ran: false,
      left: [],
    });
  });
});

describe('what is a step’s to remove', () => {
  const tree =
    'mkdir -p $TMPDIR/mod/deep && echo x >$TMPDIR/mod/deep/file && chmod -R a-w $TMPDIR/mod && chmod 0 $TMPDIR/mod/deep';

  it('is removed for an ordinary user too, read-only or not', async () => {
    const temporary = await scratch();
    await chmod(temporary, 0o777);
    const file = await taskFile([sh('a', tree)]);
    const text = await readFile(file, 'utf8');
    const before =
      process.getuid?.() === 0 ? ['setpriv', '--reuid=65532', '--regid=65532', '--clear-groups'] : ['env'];
    const { exitCode, stderr } = await execa(
      before[0] ?? '',
      [...before.slice(1), process.execPath, MAIN, 'run', '--agent', staticAgent.command[0], '-'],
      {
        input: text,
        reject: false,
        cwd: '/',
        env: { TMPDIR: temporary, HOME: temporary },
      },
    );
    expect({ exitCode, stderr: stderr.replace(/[^]*Task test/, '') }).toEqual({
      exitCode: 0,
      stderr: expect.stringMatching(/^ Successful in .*: 1 step$/),
    });
    expect((await readdir(temporary)).filter((name) => name.startsWith('taskflow-run-'))).toEqual([]);
  });
});
