import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { agents } from '../support/agents.ts';
import { outcomeIn, runAgent } from '../support/run-agent.ts';
import { scratch } from '../support/scratch.ts';

const TIME = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);

describe.each(agents)('the outcome of the $name', (agent) => {
  it('is the whole record, and the only file left behind', async () => {
    const directory = await scratch();
    await runAgent(agent, [
      '--waitcontent',
      '4',
      '--step',
      'build',
      '--post',
      directory,
      '--',
      'sh',
      '-c',
      'exit 42',
    ]);
    expect(await outcomeIn(directory)).toEqual({
      version: 1,
      step: 'build',
      number: 4,
      outcome: 'Failed',
      exitCode: 42,
      startedAt: TIME,
      finishedAt: TIME,
      attempts: 1,
      reason: 'Error',
      message: 'exit code 42',
    });
    expect(await readdir(directory)).toEqual(['outcome.json']);
  });

  it.each([
    ['SIGKILL', 'kill -9 $$', { outcome: 'Failed', exitCode: 137, signal: 'SIGKILL', reason: 'Signaled' }],
    ['SIGSEGV', 'kill -11 $$', { outcome: 'Failed', exitCode: 139, signal: 'SIGSEGV', reason: 'Signaled' }],
  ])('names the signal that ended the command: %s', async (_, script, outcome) => {
    const directory = await scratch();
    await runAgent(agent, ['--post', directory, '--', 'sh', '-c', script]);
    expect(await outcomeIn(directory)).toMatchObject(outcome);
  });

  it('says that the command was not found', async () => {
    const directory = await scratch();
    await runAgent(agent, ['--post', directory, '--', 'taskflow-no-such-command']);
    expect(await outcomeIn(directory)).toMatchObject({
      outcome: 'Failed',
      exitCode: 127,
      reason: 'CommandNotFound',
      message: expect.stringContaining('taskflow-no-such-command: no such file or directory (ENOENT)'),
    });
  });

  it('also goes to a termination log that exists, in place, and makes none that does not', async () => {
    const directory = await scratch();
    const log = join(directory, 'termination-log');
    await writeFile(log, 'x'.repeat(5000));
    await runAgent(agent, ['--termination-log', log, '--', 'true']);
    expect(JSON.parse(await readFile(log, 'utf8'))).toMatchObject({ outcome: 'Succeeded' });
    await runAgent(agent, ['--termination-log', join(directory, 'none'), '--', 'true']);
    expect(await readdir(directory)).toEqual(['termination-log']);
  });

  it('of a step that is started a second time is kept: the command does not run again', async () => {
    const directory = await scratch();
    const run = () => runAgent(agent, ['--post', directory, '--', 'sh', '-c', 'echo ran; exit 6']);
    expect(await run()).toMatchObject({ exitCode: 6, stdout: 'ran\n' });
    const first = await readFile(join(directory, 'outcome.json'), 'utf8');
    expect(await run()).toMatchObject({ exitCode: 6, stdout: '' });
    expect(await readFile(join(directory, 'outcome.json'), 'utf8')).toBe(first);
  });

  it('that cannot be posted is the agent’s own failure, and says how the command ended', async () => {
    const directory = join(await scratch(), 'missing');
    const seen = await runAgent(agent, ['--post', directory, '--', 'sh', '-c', 'exit 3']);
    expect(seen.exitCode).toBe(125);
    expect(seen.stderr).toMatch(
      /cannot post the outcome \(Failed, exit code 3\): .*no such file or directory/,
    );
  });

  it('is not printed, only what would be done, by --dry-run', async () => {
    const directory = await scratch();
    await mkdir(join(directory, 'run'));
    const flags = [
      '--wait',
      '/nowhere/order',
      '--waitcontent',
      '2',
      '--post',
      join(directory, 'run'),
      '--dry-run',
    ];
    const seen = await runAgent(agent, [...flags, '--command', 'sh', '-c', 'echo ran']);
    expect(seen).toMatchObject({ exitCode: 0, stderr: '' });
    expect(JSON.parse(seen.stdout)).toMatchObject({
      wait: '/nowhere/order',
      number: 2,
      command: ['sh', '-c', 'echo ran'],
    });
    expect(await readdir(join(directory, 'run'))).toEqual([]);
  });
});
