import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { constants } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { agents } from '../support/agents.ts';
import { outcomeIn, runAgent, startAgent } from '../support/run-agent.ts';
import { scratch } from '../support/scratch.ts';
import { isAlive } from '../support/is-alive.ts';
import { waitUntil } from '../support/wait-until.ts';

describe.each(agents)('--timeout of the $name', (agent) => {
  it('stops the command and all that it started, and says 124', async () => {
    const directory = await scratch();
    const script = 'sleep 300 & echo $!; wait';
    const seen = await runAgent(agent, ['--timeout', '300ms', '--post', directory, '--', 'sh', '-c', script]);
    expect(seen.exitCode).toBe(124);
    expect(await outcomeIn(directory)).toMatchObject({
      outcome: 'TimedOut',
      exitCode: 124,
      signal: 'SIGTERM',
      reason: 'DeadlineExceeded',
      message: 'timed out; ended by SIGTERM',
    });
    await waitUntil('the grandchild is gone', () => !isAlive(Number(seen.stdout)));
  });

  it('is over after the grace, whatever the command does', async () => {
    const flags = ['--timeout', '200ms', '--grace', '200ms'];
    const seen = await runAgent(agent, [
      ...flags,
      '--',
      'sh',
      '-c',
      `trap '' TERM; while :; do sleep 0.05; done`,
    ]);
    expect(seen.exitCode).toBe(124);
  });

  it('cannot be held up by a grandchild that keeps the output open', async () => {
    const file = join(await scratch(), 'out');
    const script = 'setsid sleep 40 2>/dev/null & echo pid $!; sleep 300';
    const seen = await runAgent(agent, ['--timeout', '300ms', '--out', file, '--', 'sh', '-c', script]);
    expect(seen.exitCode).toBe(124);
    // Not every build knows it for its own.
    const pid = Number(/pid (\d+)/.exec(seen.stdout)?.[1]);
    if (isAlive(pid)) process.kill(pid, 'SIGKILL');
  });

  it('is nothing to a command that is quicker', async () => {
    expect(await runAgent(agent, ['--timeout', '1h2m', '--', 'sh', '-c', 'exit 3'])).toMatchObject({
      exitCode: 3,
    });
  });
});

describe.each(agents)('--on-error continue of the $name', (agent) => {
  it.each([
    ['a failure', 'exit 42', { outcome: 'Continued', exitCode: 42, reason: 'Error' }],
    ['a signal', 'kill -9 $$', { outcome: 'Continued', exitCode: 137, signal: 'SIGKILL' }],
    ['a timeout', 'sleep 300', { outcome: 'Continued', exitCode: 124, reason: 'DeadlineExceeded' }],
    ['a success', 'exit 0', { outcome: 'Succeeded', exitCode: 0 }],
  ])('exits 0 after %s, and records what really happened', async (_, script, outcome) => {
    const directory = await scratch();
    const flags = ['--on-error', 'continue', '--timeout', '500ms', '--post', directory];
    expect(await runAgent(agent, [...flags, '--', 'sh', '-c', script])).toMatchObject({ exitCode: 0 });
    expect(await outcomeIn(directory)).toMatchObject(outcome);
    // Once more: the kubelet may start the container again.
    expect(await runAgent(agent, [...flags, '--', 'sh', '-c', 'exit 9'])).toMatchObject({ exitCode: 0 });
  });
});

describe.each(agents)('--retries of the $name', (agent) => {
  const TOLD = 'echo x >>"$1/tries";';
  const RETRY = ['--retries', '3', '--retry-delay', '10ms'];

  it('run the command again until it succeeds', async () => {
    const directory = await scratch();
    const script = 'echo x >>"$1/tries"; [ $(wc -l <"$1/tries") -ge 3 ]';
    const flags = [...RETRY, '--post', directory];
    expect(await runAgent(agent, [...flags, '--', 'sh', '-c', script, 'sh', directory])).toMatchObject({
      exitCode: 0,
    });
    expect(await outcomeIn(directory)).toMatchObject({ outcome: 'Succeeded', attempts: 3 });
  });

  it('end with the code of the last attempt', async () => {
    const directory = await scratch();
    const script = 'echo x >>"$1/tries"; exit $(wc -l <"$1/tries")';
    const flags = [...RETRY, '--post', directory];
    expect(await runAgent(agent, [...flags, '--', 'sh', '-c', script, 'sh', directory])).toMatchObject({
      exitCode: 4,
    });
    expect(await outcomeIn(directory)).toMatchObject({ attempts: 4, message: 'exit code 4, attempt 4' });
  });

  it('are not spent on a command that cannot be started', async () => {
    const directory = await scratch();
    await runAgent(agent, [...RETRY, '--post', directory, '--', '/no/such/command']);
    expect(await outcomeIn(directory)).toMatchObject({ exitCode: 127, attempts: 1 });
  });

  it('are not begun when the timeout leaves no time for the delay', async () => {
    const directory = await scratch();
    const flags = ['--retries', '3', '--retry-delay', '1h', '--timeout', '2m', '--post', directory];
    expect(await runAgent(agent, [...flags, '--', 'sh', '-c', 'exit 5'])).toMatchObject({ exitCode: 5 });
    expect(await outcomeIn(directory)).toMatchObject({ outcome: 'Failed', attempts: 1 });
  });

  it.each(['SIGTERM', 'SIGINT', 'SIGHUP', 'SIGQUIT'] as const)(
    'are over once %s asked for an end, however the command takes it',
    async (signal) => {
      for (const [take, exitCode] of [
        [`${TOLD} exec sleep 300`, 128 + constants.signals[signal]],
        [`trap 'exit 5' ${signal.slice(3)}; ${TOLD} while :; do sleep 0.02; done`, 5],
        [`trap 'stop=1' ${signal.slice(3)}; ${TOLD} until [ "$stop" ]; do sleep 0.02; done; exit 6`, 6],
        [`trap 'stop=1' ${signal.slice(3)}; ${TOLD} until [ "$stop" ]; do sleep 0.02; done; exit 0`, 0],
      ] as const) {
        const directory = await scratch();
        const flags = ['--wait', join(directory, 'order'), '--waitcontent', '1', '--pause-after', 'always'];
        await writeFile(join(directory, 'order'), '1');
        const args = [...flags, ...RETRY, '--post', directory, '--', 'sh', '-c', take, 'sh', directory];
        const running = startAgent(agent, args);
        await waitUntil('it tries', () => readFile(join(directory, 'tries'), 'utf8').catch(() => ''));
        running.kill(signal);
        expect(await running).toMatchObject({ exitCode });
        expect(await readFile(join(directory, 'tries'), 'utf8')).toBe('x\n');
        const outcome = exitCode === 0 ? 'Succeeded' : 'Failed';
        expect(await outcomeIn(directory)).toMatchObject({ outcome, attempts: 1 });
      }
    },
  );

  it.each([
    ['SIGTERM', 'Failed'],
    ['quit', 'Cancelled'],
  ] as const)('end in the delay between two attempts at %s', async (how, outcome) => {
    const directory = await scratch();
    await writeFile(join(directory, 'order'), '1');
    const order = ['--wait', join(directory, 'order'), '--waitcontent', '1', '--post', directory];
    const script = 'echo x >"$1/tried"; exit 5';
    const flags = [...order, '--retries', '3', '--retry-delay', '1h'];
    const running = startAgent(agent, [...flags, '--', 'sh', '-c', script, 'sh', directory]);
    await waitUntil('the first attempt was made', () =>
      readFile(join(directory, 'tried')).catch(() => undefined),
    );
    if (how === 'quit') await writeFile(join(directory, 'order'), '-1');
    else running.kill('SIGTERM');
    const { exitCode } = await running;
    expect(await outcomeIn(directory)).toMatchObject({ outcome, attempts: 1 });
    // SIGTERM may still have met the shell itself.
    expect([5, 143]).toContain(exitCode);
  });
});

describe.each(agents)('--pause-after of the $name', (agent) => {
  const step = async (...flags: string[]) => {
    const directory = await scratch();
    const order = join(directory, 'order');
    await writeFile(order, '2');
    await mkdir(join(directory, 'run'));
    const args = ['--wait', order, '--waitcontent', '2', '--post', join(directory, 'run'), ...flags];
    const posted = () => readdir(join(directory, 'run'));
    return { run: join(directory, 'run'), args, posted, order: (n: number) => writeFile(order, String(n)) };
  };

  it.each([
    ['always', 'exit 0', 0],
    ['failure', 'exit 7', 7],
  ])(
    '%s holds the container, and the chain, until the order is past the step',
    async (when, script, code) => {
      const { run, args, posted, order } = await step('--pause-after', when);
      const running = startAgent(agent, [...args, '--', 'sh', '-c', script]);
      let said = '';
      running.nodeChildProcess.stderr?.on('data', (chunk: Buffer) => (said += chunk.toString()));
      await waitUntil('it says that it is held', () =>
        said.includes(`held after its command (exit code ${code})`),
      );
      await waitUntil('it can be seen', async () => (await posted()).includes('held'));
      expect(await posted()).toEqual(['held']);
      await order(2);
      expect(running.nodeChildProcess.exitCode).toBeNull();
      await order(3);
      expect(await running).toMatchObject({ exitCode: code });
      expect(await outcomeIn(run)).toMatchObject({ exitCode: code });
    },
  );

  it('failure does not hold a step that succeeded', async () => {
    const { args } = await step('--pause-after', 'failure');
    expect(await runAgent(agent, [...args, '--', 'true'])).toMatchObject({ exitCode: 0, stderr: '' });
  });

  it.each(['quit', 'SIGTERM'] as const)('ends at %s', async (how) => {
    const { args, order } = await step('--pause-after', 'always');
    const running = startAgent(agent, [...args, '--', 'sh', '-c', 'exit 7']);
    let said = '';
    running.nodeChildProcess.stderr?.on('data', (chunk: Buffer) => (said += chunk.toString()));
    await waitUntil('it says that it is held', () => said.includes('held'));
    if (how === 'quit') await order(-1);
    else running.kill(how);
    expect(await running).toMatchObject({ exitCode: 7 });
  });
});
