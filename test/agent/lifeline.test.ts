import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { programs } from '../support/agents.ts';
import { hear } from '../support/hear.ts';
import { watching } from '../support/processes.ts';
import { outcomeIn, runAgent, startAgent } from '../support/run-agent.ts';
import { scratch } from '../support/scratch.ts';
import { afterScript } from '../support/surroundings.ts';
import { waitUntil } from '../support/wait-until.ts';

describe.each(programs)('the lifeline of the $name', (agent) => {
  /** A step on a lifeline: descriptor 3, whose other end is the test's. `$1` of the script is its directory. */
  async function onLifeline(order: string, flags: readonly string[], script: string) {
    const directory = await scratch();
    await writeFile(join(directory, 'order'), order);
    const own = ['--wait', join(directory, 'order'), '--waitcontent', '1', '--post', directory];
    const args = [...own, '--lifeline', '3', ...flags, '--', 'sh', '-c', script, 'sh', directory];
    const running = startAgent(agent, args, { lifeline: true });
    return {
      running,
      directory,
      runs: () => waitUntil('it runs', () => readFile(join(directory, 'ready'), 'utf8').catch(() => '')),
      cut: () => void running.nodeChildProcess.stdio[3]?.destroy(),
    };
  }

  it('ends a step that waits', async () => {
    const { running, directory, cut } = await onLifeline('0', [], 'echo ran');
    await watching(running.pid);
    cut();
    expect(await running).toMatchObject({ exitCode: 122, stdout: '', stderr: '' });
    expect(await outcomeIn(directory)).toMatchObject({ outcome: 'Cancelled', reason: 'RunGone' });
  });

  it('that is cut before the start lets no command start, whatever the order', async () => {
    const directory = await scratch();
    await writeFile(join(directory, 'order'), '1');
    const flags = ['--wait', join(directory, 'order'), '--waitcontent', '1', '--post', directory];
    const cut = afterScript(agent, 'true | { cat; exec "$@" 3<&0 </dev/null; }');
    const seen = await runAgent(cut, [...flags, '--lifeline', '3', '--', 'echo', 'ran']);
    expect(seen).toMatchObject({ exitCode: 122, stdout: '', stderr: '' });
    expect(await outcomeIn(directory)).toMatchObject({ outcome: 'Cancelled', reason: 'RunGone' });
  });

  it('stops a command that runs, as SIGTERM does, and none is run again', async () => {
    const retries = ['--retries', '3', '--retry-delay', '1ms'];
    const script = 'echo x >>"$1/ready"; exec sleep 300';
    const { running, directory, runs, cut } = await onLifeline('1', retries, script);
    await runs();
    cut();
    expect(await running).toMatchObject({ exitCode: 143, stderr: '' });
    expect(await readFile(join(directory, 'ready'), 'utf8')).toBe('x\n');
    expect(await outcomeIn(directory)).toMatchObject({
      outcome: 'Cancelled',
      exitCode: 143,
      signal: 'SIGTERM',
      reason: 'RunGone',
      message: 'the run is gone; ended by SIGTERM',
    });
  });

  it('kills a command that does not end within the grace', async () => {
    const script = `trap '' TERM; echo >"$1/ready"; while :; do sleep 0.02; done`;
    const { running, runs, cut } = await onLifeline('1', ['--grace', '100ms'], script);
    await runs();
    cut();
    expect(await running).toMatchObject({ exitCode: 137 });
  });

  it('ends the delay between two attempts', async () => {
    const retries = ['--retries', '3', '--retry-delay', '1h'];
    const { running, directory, runs, cut } = await onLifeline('1', retries, 'echo >"$1/ready"; exit 5');
    await runs();
    cut();
    // It may still have met the shell itself.
    expect([5, 143]).toContain((await running).exitCode);
    expect(await outcomeIn(directory)).toMatchObject({ outcome: 'Cancelled', attempts: 1 });
  });

  it('ends a hold after the command', async () => {
    const { running, directory, cut } = await onLifeline('1', ['--pause-after', 'always'], 'exit 5');
    const heard = hear(running.stderr);
    await waitUntil('it is held', () => heard().includes('held'));
    cut();
    expect(await running).toMatchObject({ exitCode: 5 });
    expect(await outcomeIn(directory)).toMatchObject({ outcome: 'Failed', attempts: 1 });
  });

  it('is nothing that the command gets, and what is written to it is nothing', async () => {
    const { running } = await onLifeline('1', [], 'sleep 0.1; [ -e /proc/self/fd/3 ] || echo only mine');
    (running.nodeChildProcess.stdio[3] as NodeJS.WritableStream).write('still here');
    expect(await running).toMatchObject({ exitCode: 0, stdout: 'only mine\n', stderr: '' });
  });

  it.each([
    ['of the command itself', '0', 'descriptors 0 to 2 are the command'],
    ['that is not open', '77', 'taskflow-agent: --lifeline 77: '],
    ['that is no number', 'three', '"three" is not an integer'],
  ])('cannot be a descriptor %s', async (_, descriptor, message) => {
    const seen = await runAgent(agent, ['--lifeline', descriptor, '--', 'echo', 'ran']);
    expect(seen).toMatchObject({ exitCode: 125, stdout: '' });
    expect(seen.stderr).toContain(message);
  });
});
