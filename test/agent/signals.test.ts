import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { agents } from '../support/agents.ts';
import { isAlive } from '../support/is-alive.ts';
import { watching } from '../support/processes.ts';
import { outcomeIn, runAgent, startAgent } from '../support/run-agent.ts';
import { scratch } from '../support/scratch.ts';
import { waitUntil } from '../support/wait-until.ts';
import { need } from './builds.ts';

const FORWARDED = [
  ...[
    'HUP',
    'INT',
    'QUIT',
    'ILL',
    'TRAP',
    'ABRT',
    'BUS',
    'FPE',
    'USR1',
    'SEGV',
    'USR2',
    'PIPE',
    'ALRM',
    'TERM',
  ],
  ...['CONT', 'URG', 'XCPU', 'XFSZ', 'VTALRM', 'PROF', 'WINCH', 'IO', 'PWR', 'SYS'],
];

describe.each(agents)('signals to the $name', (agent) => {
  it.for(FORWARDED)('are passed on to the command: SIG%s', async (name, test) => {
    await need(test, { agent, ability: `hear SIG${name}` });
    const directory = await scratch();
    const script = `trap 'echo heard; exit 3' ${name}; echo >${directory}/ready; for _ in {1..1000}; do sleep 0.02; done`;
    const running = startAgent(agent, ['--', 'bash', '-c', script]);
    await waitUntil('the trap is set', () => readFile(join(directory, 'ready'), 'utf8').catch(() => ''));
    running.kill(`SIG${name}` as NodeJS.Signals);
    expect(await running).toMatchObject({ exitCode: 3, stdout: 'heard\n' });
  });

  it('decide nothing themselves: the command may end as it likes', async () => {
    const directory = await scratch();
    const script = `trap 'echo bye; exit 5' TERM; echo >${directory}/ready; while :; do sleep 0.02; done`;
    const running = startAgent(agent, ['--post', directory, '--', 'sh', '-c', script]);
    await waitUntil('the trap is set', () => readFile(join(directory, 'ready'), 'utf8').catch(() => ''));
    running.kill('SIGTERM');
    expect(await running).toMatchObject({ exitCode: 5, stdout: 'bye\n' });
    expect(await outcomeIn(directory)).toMatchObject({ outcome: 'Failed', exitCode: 5 });
  });

  it.each(['SIGTERM', 'SIGINT', 'SIGHUP', 'SIGQUIT'] as const)(
    'end a step that waits: %s',
    async (signal) => {
      const directory = await scratch();
      const args = ['--wait', join(directory, 'order'), '--waitcontent', '1', '--post', directory];
      const running = startAgent(agent, [...args, '--', 'echo', 'ran']);
      await watching(running.pid);
      running.kill(signal);
      expect(await running).toMatchObject({ exitCode: 122, stdout: '', stderr: '' });
      expect(await outcomeIn(directory)).toMatchObject({
        outcome: 'Cancelled',
        exitCode: 122,
        signal,
        reason: 'Signaled',
      });
    },
  );
});

describe.each(agents)('the quit value for the $name', (agent) => {
  it.each([
    ['-1', []],
    ['-1\n', []],
    ['-7', ['--quit', '-7']],
  ])('%j cancels a step before it starts', async (order, flags) => {
    const directory = await scratch();
    await writeFile(join(directory, 'order'), order);
    const args = ['--wait', join(directory, 'order'), '--waitcontent', '1', ...flags, '--post', directory];
    expect(await runAgent(agent, [...args, '--', 'echo', 'ran'])).toMatchObject({
      exitCode: 122,
      stdout: '',
    });
    expect(await outcomeIn(directory)).toMatchObject({
      outcome: 'Cancelled',
      exitCode: 122,
      reason: 'Cancelled',
    });
  });

  it('stops a command that runs, and all that it started', async () => {
    const step = await runningStep('sleep 300 & sleep 300 & echo $! >"$1/ready"; wait');
    const running = startAgent(agent, step.args);
    const grandchild = Number(await step.ready());
    await step.quit();
    expect(await running).toMatchObject({ exitCode: 143 });
    expect(await outcomeIn(step.directory)).toMatchObject({
      outcome: 'Cancelled',
      exitCode: 143,
      signal: 'SIGTERM',
    });
    await waitUntil('the grandchild is gone', () => !isAlive(grandchild));
  });

  it('lets the command end by itself within the grace', async () => {
    const step = await runningStep(
      `trap 'echo cleaned up; exit 9' TERM; echo 1 >"$1/ready"; while :; do sleep 0.02; done`,
    );
    const running = startAgent(agent, step.args);
    await step.ready();
    await step.quit();
    expect(await running).toMatchObject({ exitCode: 9, stdout: 'cleaned up\n' });
    expect(await outcomeIn(step.directory)).toMatchObject({ outcome: 'Cancelled', exitCode: 9 });
  });

  it('kills a command that ignores SIGTERM once the grace is over', async () => {
    const step = await runningStep(`trap '' TERM; echo 1 >"$1/ready"; while :; do sleep 0.02; done`);
    const running = startAgent(agent, ['--grace', '200ms', ...step.args]);
    await step.ready();
    await step.quit();
    expect(await running).toMatchObject({ exitCode: 137 });
    expect(await outcomeIn(step.directory)).toMatchObject({
      outcome: 'Cancelled',
      exitCode: 137,
      signal: 'SIGKILL',
    });
  });
});

/** A step that is released and whose shell script gets its directory as `$1`. */
async function runningStep(script: string) {
  const directory = await scratch();
  const order = join(directory, 'podinfo/order');
  await mkdir(join(directory, 'podinfo'));
  await writeFile(order, '1');
  const flags = ['--wait', order, '--waitcontent', '1', '--post', directory];
  return {
    directory,
    args: [...flags, '--', 'sh', '-c', script, 'sh', directory],
    ready: () =>
      waitUntil('the command runs', () => readFile(join(directory, 'ready'), 'utf8').catch(() => '')),
    quit: () => writeFile(order, '-1'),
  };
}
