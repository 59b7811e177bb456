import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { encodeOutcome, OUTCOME_FILE, type Outcome } from '../../shared/turn/outcome.ts';
import { agents } from '../support/agents.ts';
import { DownwardVolume } from '../support/downward.ts';
import { hear } from '../support/hear.ts';
import { posted } from '../support/pod-files.ts';
import { watching } from '../support/processes.ts';
import { outcomeIn, runAgent, startAgent } from '../support/run-agent.ts';
import { scratch } from '../support/scratch.ts';
import { waitUntil } from '../support/wait-until.ts';
import { crowd } from './builds.ts';

describe.each(agents)('waiting of the $name', (agent) => {
  it.each([
    ['the number itself', '3'],
    ['a trailing newline', '3\n'],
    ['white space on all sides', ' \t3 \r\n'],
    ['an order already past', '17'],
  ])('ends at once with an order of %s', async (_, order) => {
    const directory = await scratch();
    await writeFile(join(directory, 'order'), order);
    const seen = await runAgent(agent, waitFor(3, directory));
    expect(seen).toEqual({ exitCode: 0, signal: undefined, stdout: 'ran\n', stderr: '' });
  });

  it('knows the original’s flags, verbatim', async () => {
    const directory = await scratch();
    await writeFile(join(directory, 'order'), '3');
    const order = ['--wait', join(directory, 'order'), '--waitcontent', '3', '--out', 'stdout'];
    const seen = await runAgent(agent, [...order, '--command', 'echo', '100']);
    expect(seen).toMatchObject({ exitCode: 0, stdout: '100\n' });
  });

  it('goes on while the file is missing, empty, too low, or nothing like a number, which it says once', async () => {
    const directory = await scratch();
    const file = join(directory, 'order');
    const running = startAgent(agent, waitFor(3, directory));
    const said = hear(running.stderr);
    await watching(running.pid);
    for (const order of ['', '2', 'garbage', 'garbage', '2.5', '1', '']) {
      await writeFile(file, order);
      if (order === 'garbage') await waitUntil('it says so', () => said().includes('found "garbage"'));
      else await sleep(60);
      expect(running.nodeChildProcess.exitCode).toBeNull();
    }
    await writeFile(file, '3');
    const { exitCode, stdout, stderr } = await running;
    expect({ exitCode, stdout }).toEqual({ exitCode: 0, stdout: 'ran\n' });
    expect(stderr.match(/expected an integer, found "garbage"/g)).toHaveLength(1);
  });

  it('ends when a directory that was not there yet appears', async () => {
    const directory = join(await scratch(), 'later/podinfo');
    const running = startAgent(agent, waitFor(1, directory));
    await sleep(200);
    await mkdir(directory, { recursive: true });
    await writeFile(join(directory, 'order'), '1');
    expect(await running).toMatchObject({ exitCode: 0, stdout: 'ran\n' });
  });

  it('ends when its directory is replaced by another', async () => {
    const directory = join(await scratch(), 'podinfo');
    await mkdir(directory);
    await writeFile(join(directory, 'order'), '0');
    const running = startAgent(agent, waitFor(1, directory));
    await sleep(200);
    await rm(directory, { recursive: true });
    await mkdir(directory);
    await writeFile(join(directory, 'order'), '1');
    expect(await running).toMatchObject({ exitCode: 0, stdout: 'ran\n' });
  });

  it('follows a downward volume through a thousand swaps', async () => {
    const volume = new DownwardVolume(join(await scratch(), 'podinfo'));
    await volume.write({ order: '0', gate: '' });
    const running = startAgent(agent, waitFor(1001, volume.path));
    for (let order = 1; order <= 1000; order++) await volume.write({ order: String(order), gate: '' });
    expect(running.nodeChildProcess.exitCode).toBeNull();
    await volume.write({ order: '1001', gate: '' });
    expect(await running).toMatchObject({ exitCode: 0, stdout: 'ran\n', stderr: '' });
  });

  it('of fifty agents on one order file ends for all of them', async () => {
    const directory = await scratch();
    const count = crowd(agent);
    const all = Array.from({ length: count }, (_, i) => startAgent(agent, waitFor(i + 1, directory)));
    await sleep(200);
    await writeFile(join(directory, 'order'), String(count));
    for (const each of await Promise.all(all)) expect(each).toMatchObject({ exitCode: 0, stdout: 'ran\n' });
  });
});

describe.each(agents)('hand-off to the $name', (agent) => {
  it.each([
    ['its predecessor succeeded', { outcome: 'Succeeded' }, {}],
    ['its predecessor failed but lets the chain go on', { outcome: 'Continued', exitCode: 1 }, {}],
    ['its gate is later', { outcome: 'Succeeded' }, { gate: '3\n' }],
    ['its gate file is empty', { outcome: 'Succeeded' }, { gate: '' }],
  ] as const)('starts the step when %s', async (_, outcome, files) => {
    const step = await secondStep(files);
    await step.postBefore(outcome);
    expect(await runAgent(agent, step.args)).toMatchObject({ exitCode: 0, stdout: 'ran\n' });
    expect(await outcomeIn(step.own)).toMatchObject({ outcome: 'Succeeded', step: 'second', number: 2 });
  });

  it('starts the step when its predecessor ends while it waits', async () => {
    const step = await secondStep({});
    const running = startAgent(agent, step.args);
    await sleep(200);
    await step.postBefore({ outcome: 'Succeeded' });
    expect(await running).toMatchObject({ exitCode: 0, stdout: 'ran\n' });
  });

  it.each([
    ['the gate is at this step', { gate: '2' }, { gate: '3' }],
    ['the gate is at this step', { gate: '2' }, { order: '2', gate: '2' }],
    ['the gate is no number', { gate: 'closed' }, { gate: '' }],
    ['the order is not known', { order: undefined }, { order: '1' }],
  ])('holds the step while %s', async (_, before, after) => {
    const step = await secondStep(before);
    await step.postBefore({ outcome: 'Succeeded' });
    const running = startAgent(agent, step.args);
    await sleep(300);
    expect(running.nodeChildProcess.exitCode).toBeNull();
    await step.write(after);
    expect(await running).toMatchObject({ exitCode: 0, stdout: 'ran\n' });
  });

  it.each([
    ['truncated', '{"version":1,"outc', 'it is not JSON'],
    ['empty', '', 'it is not JSON'],
    ['of an unknown version', '{"version":2,"outcome":"Succeeded"}', 'its version is 2'],
    ['of an unknown kind', '{"version":1,"outcome":"Perhaps"}', 'its outcome is "Perhaps"'],
    ['no object', '[1]', 'its version is undefined'],
  ])('does not trust an outcome that is %s, but the order', async (_, text, message) => {
    const step = await secondStep({});
    await writeFile(join(step.before, OUTCOME_FILE), text);
    const running = startAgent(agent, step.args);
    await sleep(300);
    expect(running.nodeChildProcess.exitCode).toBeNull();
    await step.write({ order: '2' });
    const seen = await running;
    expect(seen).toMatchObject({ exitCode: 0, stdout: 'ran\n' });
    expect(seen.stderr).toContain(message);
  });

  it.each(['Failed', 'TimedOut', 'Cancelled', 'Error'] as const)(
    'skips the step after %s',
    async (outcome) => {
      const step = await secondStep({});
      await step.postBefore({ outcome, exitCode: 42, message: 'exit code 42' });
      expect(await runAgent(agent, step.args)).toEqual({
        exitCode: 121,
        signal: undefined,
        stdout: '',
        stderr: '',
      });
      const message = `step 1 (first) ended ${outcome}: exit code 42`;
      const posted = await outcomeIn(step.own);
      expect(posted).toMatchObject({
        outcome: 'Skipped',
        exitCode: 121,
        reason: 'EarlierStepStopped',
        message,
        attempts: 0,
      });
      expect(posted).not.toHaveProperty('startedAt');
    },
  );

  it('passes a skip on with the message of the step that stopped the chain', async () => {
    const step = await secondStep({});
    await step.postBefore({
      outcome: 'Skipped',
      exitCode: 121,
      message: 'step 0 (zero) ended Failed: exit code 7',
    });
    await runAgent(agent, step.args);
    expect(await outcomeIn(step.own)).toMatchObject({ message: 'step 0 (zero) ended Failed: exit code 7' });
  });

  it.each([
    ['no gate', { order: '0' }, null],
    ['a gate behind it', { order: '0', gate: '5' }, 5],
  ])(
    'starts the first step at order 0 with %s, and records what the next one meets',
    async (_, files, gate) => {
      const { args, own } = await firstStep(files);
      expect(await runAgent(agent, args)).toMatchObject({ exitCode: 0, stdout: 'ran\n' });
      expect((await outcomeIn(own))?.gate).toBe(gate);
    },
  );

  it.each([
    ['a gate is before it', { order: '0', gate: '1' }, { gate: '' }],
    ['a gate is before it', { order: '0', gate: '1' }, { order: '1' }],
    ['the order is not known', { order: '' }, { order: '0' }],
  ])('holds the first step while %s', async (_, before, after) => {
    const { args, write } = await firstStep(before);
    const running = startAgent(agent, args);
    await sleep(300);
    expect(running.nodeChildProcess.exitCode).toBeNull();
    await write(after);
    expect(await running).toMatchObject({ exitCode: 0, stdout: 'ran\n' });
  });

  it('is told that nothing comes before a step, or what does, not both', async () => {
    const seen = await runAgent(agent, ['--first', '--after', 'x', '--', 'true']);
    expect(seen).toMatchObject({ exitCode: 125, stderr: expect.stringContaining('--first') });
  });

  it('waits for every predecessor it is given', async () => {
    const step = await secondStep({});
    const other = join(await scratch(), 'other');
    await mkdir(other);
    await step.postBefore({ outcome: 'Succeeded' });
    const running = startAgent(agent, ['--after', other, ...step.args]);
    await sleep(300);
    expect(running.nodeChildProcess.exitCode).toBeNull();
    await post(other, { outcome: 'Succeeded' });
    expect(await running).toMatchObject({ exitCode: 0, stdout: 'ran\n' });
  });
});

function waitFor(step: number, directory: string): string[] {
  return ['--wait', join(directory, 'order'), '--waitcontent', String(step), '--', 'sh', '-c', 'echo ran'];
}

type Files = Partial<Record<'order' | 'gate', string | undefined>>;

/** The second of two steps: order 1 unless said otherwise, and two run directories. */
async function secondStep(files: Files) {
  const directory = await scratch();
  const at = (name: string): string => join(directory, name);
  const [before, own, podinfo] = [at('run/1'), at('run/2'), at('podinfo')];
  for (const each of [before, own, podinfo]) await mkdir(each, { recursive: true });
  const write = async (some: Files): Promise<void> => {
    for (const [name, text] of Object.entries(some)) {
      if (text !== undefined) await writeFile(join(podinfo, name), text);
    }
  };
  await write({ order: '1', ...files });
  const flags = ['--gate', join(podinfo, 'gate'), '--after', before, '--post', own, '--step', 'second'];
  return {
    before,
    own,
    write,
    args: [...flags, ...waitFor(2, podinfo)],
    postBefore: (outcome: Partial<Outcome>) => post(before, outcome),
  };
}

/** The first of several steps. */
async function firstStep(files: Files) {
  const directory = await scratch();
  const write = async (some: Files): Promise<void> => {
    for (const [name, text] of Object.entries(some))
      if (text !== undefined) await writeFile(join(directory, name), text);
  };
  await write(files);
  const own = join(directory, 'run');
  await mkdir(own);
  const flags = ['--first', '--gate', join(directory, 'gate'), '--post', own];
  return { own, write, args: [...flags, ...waitFor(1, directory)] };
}

async function post(directory: string, outcome: Partial<Outcome>): Promise<void> {
  await writeFile(join(directory, OUTCOME_FILE), encodeOutcome(posted(outcome)));
}
