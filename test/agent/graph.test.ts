import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { programs } from '../support/agents.ts';
import { hear } from '../support/hear.ts';
import { PodFiles } from '../support/pod-files.ts';
import { watching } from '../support/processes.ts';
import { outcomeIn, runAgent, startAgent } from '../support/run-agent.ts';
import { waitUntil } from '../support/wait-until.ts';

const RAN = ['--', 'echo', 'ran'];

/** The second step of a pod, which always runs this. */
const always = (pod: PodFiles, script: string): string[] => [
  ...pod.flags(2, [1]),
  ...['--always', '--', 'sh', '-c', script, pod.directory],
];
const FAILED = { outcome: 'Failed', exitCode: 3, message: 'exit code 3' } as const;
const LOST = '{"steps":{"1":{"outcome":"Failed","exitCode":137}}}';

describe.each(programs)('a step of the $name that comes after several', (agent) => {
  it('starts when the last of them lets it', async () => {
    const pod = await PodFiles.make(5);
    for (const number of [1, 2, 4]) await pod.post(number);
    const running = startAgent(agent, [...pod.flags(5, [1, 2, 3, 4]), ...RAN]);
    await watching(running.pid);
    await pod.post(3, { outcome: 'Omitted', attempts: 0 });
    expect(await running).toMatchObject({ exitCode: 0, stdout: 'ran\n', stderr: '' });
  });

  it('skips as soon as one of them stops it, though another one runs', async () => {
    const pod = await PodFiles.make(3);
    await pod.post(2, FAILED);
    expect(await runAgent(agent, [...pod.flags(3, [1, 2]), ...RAN])).toMatchObject({
      exitCode: 121,
      stdout: '',
    });
    expect(await outcomeIn(pod.run(3))).toMatchObject({
      outcome: 'Skipped',
      message: 'step 2 (step-2) ended Failed: exit code 3',
    });
  });
});

describe.each(programs)('what is said of a step that posted nothing, to the $name', (agent) => {
  it.each([
    ['lets the next one start', '{"steps":{"1":{"outcome":"Continued","exitCode":137}}}', 0, 'Succeeded'],
    ['lets it skip', LOST, 121, 'Skipped'],
    [
      'is heard though it will never begin',
      '{"steps":{"1":{"outcome":"Skipped","exitCode":121}}}',
      121,
      'Skipped',
    ],
  ])('%s', async (_, over, exitCode, outcome) => {
    const pod = await PodFiles.make(2);
    const running = startAgent(agent, [...pod.flags(2, [1]), ...RAN]);
    await watching(running.pid);
    await pod.write({ over });
    expect(await running).toMatchObject({ exitCode, stderr: '' });
    expect(await outcomeIn(pod.run(2))).toMatchObject({ outcome, number: 2 });
  });

  it('counts less than its own word', async () => {
    const pod = await PodFiles.make(2, { over: LOST });
    await pod.post(1);
    expect(await runAgent(agent, [...pod.flags(2, [1]), ...RAN])).toMatchObject({
      exitCode: 0,
      stdout: 'ran\n',
    });
  });

  it('is nothing of another step', async () => {
    const pod = await PodFiles.make(2, { over: LOST.replace('"1"', '"11"') });
    const running = startAgent(agent, [...pod.flags(2, [1]), ...RAN]);
    await watching(running.pid);
    await pod.post(1);
    expect(await running).toMatchObject({ exitCode: 0, stdout: 'ran\n', stderr: '' });
  });

  it.each([
    ['nonsense', 'x', 'it is not JSON'],
    [
      'something else',
      '{"steps":{"1":{"outcome":"Perhaps","exitCode":0}}}',
      'the outcome of step 1 is no outcome',
    ],
    ['depth without end', '['.repeat(60_000), 'it is not JSON'],
    ['more than is read', `{"more":"${'x'.repeat(250_000)}"}`, 'it is not JSON'],
  ])('is complained of once, and not believed: %s', async (_, over, message) => {
    const pod = await PodFiles.make(2, { over });
    const running = startAgent(agent, [...pod.flags(2, [1]), ...RAN]);
    const said = hear(running.stderr);
    await waitUntil('it complains', () => said().includes(message));
    await watching(running.pid);
    await pod.write({ order: '0' });
    await pod.write({ over: LOST });
    expect(await running).toMatchObject({ exitCode: 121, stdout: '' });
    expect(said().split('\n')).toHaveLength(2);
  });
});

describe.each(programs)('--always of the $name', (agent) => {
  it.each([
    ['succeeded', {}],
    ['failed', FAILED],
    ['skipped', { outcome: 'Skipped', exitCode: 121 }],
    ['was cancelled', { outcome: 'Cancelled', exitCode: 143 }],
    ['timed out', { outcome: 'TimedOut', exitCode: 124 }],
  ] as const)('starts the step when the one before %s', async (_, outcome) => {
    const pod = await PodFiles.make(2);
    await pod.post(1, outcome);
    const seen = await runAgent(agent, [...pod.flags(2, [1]), '--always', ...RAN]);
    expect(seen).toEqual({ exitCode: 0, signal: undefined, stdout: 'ran\n', stderr: '' });
    expect(await outcomeIn(pod.run(2))).toMatchObject({ outcome: 'Succeeded' });
  });

  it('starts it when all are over, one of which died without a word', async () => {
    const pod = await PodFiles.make(3);
    const running = startAgent(agent, [...pod.flags(3, [1, 2]), '--always', ...RAN]);
    await watching(running.pid);
    await pod.post(2, FAILED);
    await pod.write({ order: '3' });
    await pod.write({ over: LOST });
    expect(await running).toMatchObject({ exitCode: 0, stdout: 'ran\n', stderr: '' });
  });

  it('starts it after the quit order, which does not stop it either', async () => {
    const pod = await PodFiles.make(2, { order: '-1', gate: '1' });
    await pod.post(1, { outcome: 'Cancelled', exitCode: 143 });
    const script = 'echo up >"$0/up"; until [ -e "$0/on" ]; do sleep 0.02; done; exit 4';
    const running = startAgent(agent, always(pod, script));
    await waitUntil('it runs', () => outcomeOrFile(join(pod.directory, 'up')));
    await watching(running.pid);
    await pod.write({ order: '1' });
    await pod.write({ order: '-1' });
    await writeFile(join(pod.directory, 'on'), '');
    expect(await running).toMatchObject({ exitCode: 4 });
    expect(await outcomeIn(pod.run(2))).toMatchObject({ outcome: 'Failed', exitCode: 4 });
  });

  it.each(['SIGTERM', 'SIGINT', 'SIGQUIT', 'SIGHUP'] as const)(
    'is not ended by %s while it waits: it begins once the others are over',
    async (signal) => {
      const pod = await PodFiles.make(2);
      const running = startAgent(agent, [...pod.flags(2, [1]), '--always', ...RAN]);
      await watching(running.pid);
      const said = hear(running.stderr);
      running.kill(signal);
      running.kill(signal);
      // What it complains of comes after the signal, and the second complaint surely behind it.
      for (const [over, complaint] of [
        ['x', 'it is not JSON'],
        ['[]', 'it is no JSON object'],
      ] as const) {
        await pod.write({ over });
        await waitUntil('it has looked again', () => said().includes(complaint));
      }
      await pod.post(1, { outcome: 'Failed', exitCode: 143, signal: 'SIGTERM' });
      expect(await running).toMatchObject({ exitCode: 0, stdout: 'ran\n' });
      expect(await outcomeIn(pod.run(2))).toMatchObject({ outcome: 'Succeeded' });
    },
  );

  it('passes SIGTERM on to its command, as ever', async () => {
    const pod = await PodFiles.make(2);
    await pod.post(1);
    const script = 'trap "exit 7" TERM; echo up >"$0/up"; while :; do sleep 0.02; done';
    const running = startAgent(agent, always(pod, script));
    await waitUntil('it runs', () => outcomeOrFile(join(pod.directory, 'up')));
    running.kill('SIGTERM');
    expect(await running).toMatchObject({ exitCode: 7 });
  });

  it('has its own timeout', async () => {
    const pod = await PodFiles.make(2);
    await pod.post(1);
    const flags = [...pod.flags(2, [1]), '--always', '--timeout', '200ms'];
    expect(await runAgent(agent, [...flags, '--', 'sleep', '300'])).toMatchObject({ exitCode: 124 });
  });

  it('waits at a gate, until the order opens it', async () => {
    const pod = await PodFiles.make(2, { gate: '2' });
    await pod.post(1, FAILED);
    const running = startAgent(agent, [...pod.flags(2, [1]), '--always', ...RAN]);
    await watching(running.pid);
    expect(running.nodeChildProcess.exitCode).toBeNull();
    await pod.write({ order: '2' });
    expect(await running).toMatchObject({ exitCode: 0, stdout: 'ran\n' });
  });

  it('ends with the run that started it', async () => {
    const pod = await PodFiles.make(2);
    const args = [...pod.flags(2, [1]), '--always', '--lifeline', '3', ...RAN];
    const running = startAgent(agent, args, { lifeline: true });
    await watching(running.pid);
    running.nodeChildProcess.stdio[3]?.destroy();
    expect(await running).toMatchObject({ exitCode: 122, stdout: '' });
  });

  it('ends a hold after it when the Task is cancelled', async () => {
    const pod = await PodFiles.make(2);
    await pod.post(1);
    const flags = [...pod.flags(2, [1]), '--always', '--pause-after', 'always'];
    const running = startAgent(agent, [...flags, ...RAN]);
    const said = hear(running.stderr);
    await waitUntil('it is held', () => said().includes('held'));
    await pod.write({ order: '-1' });
    expect(await running).toMatchObject({ exitCode: 0 });
  });

  it('needs steps to wait for', async () => {
    const seen = await runAgent(agent, ['--always', ...RAN]);
    expect(seen).toMatchObject({ exitCode: 125, stderr: expect.stringContaining('add --after DIR') });
  });
});

/** Whether a file is there. */
async function outcomeOrFile(path: string): Promise<boolean> {
  return rm(path).then(
    () => true,
    () => false,
  );
}
