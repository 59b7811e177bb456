import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { signalName } from '../../shared/turn/signals.ts';
import { agents } from '../support/agents.ts';
import { isAlive } from '../support/is-alive.ts';
import { watching } from '../support/processes.ts';
import { outcomeIn, runAgent, startAgent } from '../support/run-agent.ts';
import { scratch } from '../support/scratch.ts';
import { startedBy } from '../support/surroundings.ts';
import { waitUntil } from '../support/wait-until.ts';
import { need } from './builds.ts';

/** All that Linux has, but for SIGKILL and SIGSTOP, which nobody can catch. */
const FORWARDED = Array.from({ length: 64 }, (_, i) => i + 1).filter((n) => n !== 9 && n !== 19);

/** Those that C libraries keep for their own threads. */
const OF_THE_LIBRARY = [32, 33];

/** Those that do not end a program that does not expect them. */
const SURVIVED = [17, 18, 20, 21, 22, 23, 28];

const TOLD = 'echo >"$1/ready"';

describe.each(agents)('signals to the $name', (agent) => {
  it.for(FORWARDED)('are passed on to the command: number %i', async (number, test) => {
    const ability = number > 31 ? 'hear real-time signals' : (`hear ${signalName(number)}` as const);
    await need(test, { agent, ability: ability as 'hear real-time signals' });
    if (OF_THE_LIBRARY.includes(number))
      await need(test, { agent, ability: "hear the C library's own signals" });
    const directory = await scratch();
    // Waits without a child of its own, whose end would be a SIGCHLD.
    const hear = `mkfifo "$1/never"; exec 5<>"$1/never"; trap 'exit ${128 + number}' ${number}; ${TOLD}; read x <&5`;
    const script = SURVIVED.includes(number) ? hear : `${TOLD}; exec sleep 300`;
    const args = ['--post', directory, '--', 'sh', '-c', script, 'sh', directory];
    const running = startAgent(agent, args);
    await waitUntil('it runs', () => readFile(join(directory, 'ready'), 'utf8').catch(() => ''));
    // musl unblocks its own signals for a moment when it starts a command.
    if (number > 31) await waitUntil('it hears them again', () => blocks(running.pid, number));
    process.kill(running.pid ?? 0, number);
    expect(await running).toMatchObject({ exitCode: 128 + number });
    expect(await outcomeIn(directory)).toMatchObject({ exitCode: 128 + number });
  });

  it('are not passed on when they are about the agent itself: SIGPIPE', async () => {
    const directory = await scratch();
    const order = join(directory, 'order');
    await writeFile(order, '1');
    // Its standard error is a pipe that nobody reads any more.
    const deaf = startedBy(agent, 'bash', '-c', 'exec 2> >(exit); wait $!; exec "$@"', 'bash');
    const flags = ['--wait', order, '--waitcontent', '1', '--grace', '10s'];
    const script = `exec 2>/dev/null; trap 'exit 4' TERM; echo >"$1/ready"; while :; do sleep 0.02; done`;
    const running = startAgent(deaf, [...flags, '--', 'sh', '-c', script, 'sh', directory]);
    await waitUntil('it runs', () => readFile(join(directory, 'ready'), 'utf8').catch(() => ''));
    const written = async () =>
      /syscw: (\d+)/.exec(await readFile(`/proc/${running.pid}/io`, 'utf8'))?.[1] ?? '';
    const before = await written();
    await writeFile(order, 'garbage');
    await waitUntil('it has complained', async () => (await written()) !== before);
    await writeFile(order, '-1');
    expect(await running).toMatchObject({ exitCode: 4 });
  });

  it('end a command that stands still: SIGTERM', async () => {
    const directory = await scratch();
    const script = 'echo >"$1/ready"; kill -STOP $$; exit 9';
    const running = startAgent(agent, ['--post', directory, '--', 'sh', '-c', script, 'sh', directory]);
    await waitUntil('it runs', () => readFile(join(directory, 'ready'), 'utf8').catch(() => ''));
    running.kill('SIGTERM');
    // It may still have met the shell before it stopped itself.
    expect(await running).toMatchObject({ exitCode: 143 });
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

async function blocks(pid: number | undefined, signal: number): Promise<boolean> {
  const mask = /SigBlk:\t(\w+)/.exec(await readFile(`/proc/${pid}/status`, 'utf8'))?.[1];
  return ((BigInt(`0x${mask}`) >> BigInt(signal - 1)) & 1n) === 1n;
}
