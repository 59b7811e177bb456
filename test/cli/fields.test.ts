import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { localAgents, type Agent } from '../support/agents.ts';
import { sh, taskFile, taskflow } from '../support/cli.ts';
import { scratch } from '../support/scratch.ts';

const agentFlag = ({ command }: Agent): string[] => ['--agent', command.at(-1) ?? ''];

const eventsOf = (stdout: string, type: string): Record<string, unknown>[] =>
  stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>)
    .filter((event) => event['type'] === type);

describe.each(localAgents)('taskflow run with the $name', (agent) => {
  const run = (file: string, ...args: string[]) => taskflow(['run', ...agentFlag(agent), ...args, file]);

  it('goes by the limits of a step: its timeout, retries, and what a failure does', async () => {
    const counter = join(await scratch(), 'tries');
    const file = await taskFile([
      { ...sh('slow', 'sleep 300'), timeout: '100ms', onError: 'continue' },
      { ...sh('again', `echo try >>${counter}; test $(wc -l <${counter}) -eq 2`), retries: 2 },
      { ...sh('late', 'sleep 300'), timeout: '0.1s' },
    ]);
    const { exitCode, stdout } = await run(file, '-o', 'json');
    expect(exitCode).toBe(124);
    expect(eventsOf(stdout, 'StepFinished')).toMatchObject([
      { step: 'slow', outcome: 'Continued', exitCode: 124 },
      { step: 'again', outcome: 'Succeeded', attempts: 2 },
      { step: 'late', outcome: 'TimedOut', exitCode: 124 },
    ]);
  });

  it('ends a Task at its timeout: the running step is stopped, the others never start, and the code is 124', async () => {
    const file = await taskFile([sh('a', 'echo a'), sh('b', 'sleep 300'), sh('c', 'echo c')], 'test', {
      timeout: '2s',
    });
    const { exitCode, stdout } = await run(file, '-o', 'json');
    expect(exitCode).toBe(124);
    expect(eventsOf(stdout, 'StepFinished')).toMatchObject([
      { step: 'a', outcome: 'Succeeded' },
      {
        step: 'b',
        outcome: 'Cancelled',
        reason: 'TimedOut',
        message: expect.stringMatching(/^the Task timed out after 2s; /) as string,
      },
      { step: 'c', outcome: 'Cancelled', reason: 'TimedOut', message: 'the Task timed out after 2s' },
    ]);
    expect(eventsOf(stdout, 'TaskFinished')).toMatchObject([
      {
        status: 'Failure',
        reason: 'TimedOut',
        exitCode: 124,
        message: 'the Task timed out after 2s, in step 2 (b)',
      },
    ]);
  });
});

describe('taskflow run', () => {
  it('gives steps what the template says, and names what needs a cluster', async () => {
    const file = await taskFile(
      [{ name: 'a' }, { name: 'b', args: ['$(WHO), $(B)'], env: [{ name: 'WHO', value: 'b' }] }],
      'test',
      {
        stepTemplate: {
          command: ['echo'],
          args: ['$(WHO)'],
          env: [
            { name: 'WHO', value: 'all' },
            { name: 'B', value: '<$(WHO)>' },
          ],
        },
        sidecars: [{ name: 'db', image: 'postgres' }],
        podTemplate: { hostname: 'h' },
        timeout: '1h',
        handOff: 'Controller',
        suspend: true,
        cancel: false,
        ttlSecondsAfterFinished: 5,
      },
    );
    const { exitCode, stdout, stderr } = await taskflow(['run', file]);
    expect({ exitCode, stdout }).toEqual({ exitCode: 0, stdout: 'a | all\nb | b, <b>\n' });
    expect(stderr).toContain(
      'not applied, since they need a cluster: podTemplate, suspend, cancel, ttlSecondsAfterFinished\n',
    );
    expect(stderr).toContain('sidecars are not started: db\n');
    expect(stderr).not.toContain('handOff');
  });
});
