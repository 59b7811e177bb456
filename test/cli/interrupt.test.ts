import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { localAgents } from '../support/agents.ts';
import { sh, taskFile, taskflow } from '../support/cli.ts';
import { isAlive } from '../support/is-alive.ts';
import { scratch } from '../support/scratch.ts';
import { waitUntil } from '../support/wait-until.ts';

describe.each(localAgents)('taskflow run with the $name', (agent) => {
  it.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
    ['SIGHUP', 129],
    ['SIGQUIT', 131],
  ] as const)(
    'stops the running step on %s, cancels the rest, cleans up and exits %i',
    async (signal, code) => {
      const run = await interrupted(agent.command.at(-1) ?? '', `trap 'echo cleaning; exit 4' TERM`);
      run.process.kill(signal);
      const { exitCode, stdout, stderr } = await run.process;
      expect({ exitCode, stdout }).toEqual({ exitCode: code, stdout: 'first  | cleaning\n' });
      expect(stderr).toContain(`${signal}: stopping`);
      expect(stderr).toContain('[1/2] first Cancelled in ');
      expect(stderr).toMatch(/\[2\/2\] second Cancelled/);
      await run.expectNothingLeft();
    },
  );

  it('kills a step that ignores SIGTERM after the grace', async () => {
    const run = await interrupted(agent.command.at(-1) ?? '', `trap '' TERM`, ['--grace', '300ms']);
    run.process.kill('SIGINT');
    expect(await run.process).toMatchObject({ exitCode: 130, stdout: '' });
    await run.expectNothingLeft();
  });

  it('kills at once when it is asked a second time', async () => {
    const run = await interrupted(agent.command.at(-1) ?? '', `trap '' TERM`, ['--grace', '1h']);
    run.process.kill('SIGINT');
    await waitUntil('the first is heard', () => run.stderr().includes('stopping'));
    run.process.kill('SIGINT');
    expect(await run.process).toMatchObject({ exitCode: 130, stdout: '' });
    await run.expectNothingLeft();
  });
});

/** A run whose first step is running for ever, after `trap` in its shell. */
async function interrupted(agent: string, trap: string, flags: readonly string[] = []) {
  const directory = await scratch();
  const temporary = join(directory, 'tmp');
  const ready = join(directory, 'ready');
  const script = `${trap}; sleep 1000 & echo $$ $! >${ready}; while :; do sleep 0.05; done`;
  const file = await taskFile([sh('first', script), sh('second', 'echo ran')]);
  await mkdir(temporary);
  const run = taskflow(['run', '--agent', agent, ...flags, file], { env: { TMPDIR: temporary } });
  let stderr = '';
  run.stderr?.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  await waitUntil('the first step runs', () => existsSync(ready));
  const pids = (await waitUntil('its pids are written', () => readFile(ready, 'utf8')))
    .trim()
    .split(' ')
    .map(Number);
  return {
    process: run,
    stderr: () => stderr,
    async expectNothingLeft() {
      for (const pid of pids) await waitUntil(`process ${pid} is gone`, () => !isAlive(pid));
      expect(await readdir(temporary)).toEqual([]);
    },
  };
}
