import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type Step } from '../../shared/task/task.ts';
import { localAgents } from '../support/agents.ts';
import { sh, taskFile, taskflow } from '../support/cli.ts';
import { scratch } from '../support/scratch.ts';
import { waitUntil } from '../support/wait-until.ts';

const after = (step: Step, ...names: string[]): Step => ({ ...step, after: names });
const ends = (stderr: string): string[] =>
  [...stderr.matchAll(/^\[\d+\/\d+\] (\S+) (Succeeded|Failed|Continued|Cancelled|Skipped|TimedOut)/gm)]
    .map(([, name, outcome]) => `${name} ${outcome}`)
    .toSorted();

describe.each(localAgents.slice(0, 1))('taskflow run of a graph with the $name', (agent) => {
  const path = agent.command.at(-1) ?? '';
  const run = async (steps: readonly Step[], spec: object = {}) =>
    taskflow(['run', '--agent', path, '--grace', '2s', await taskFile(steps, 'test', spec)]);

  it('runs branches at once: each waits for a file that the other one makes', async () => {
    const directory = await scratch();
    const meet = (mine: string, theirs: string): string =>
      `: >${directory}/${mine}; until [ -e ${directory}/${theirs} ]; do sleep 0.05; done; echo met`;
    const { exitCode, stdout } = await run([
      sh('first', 'echo first'),
      after(sh('left', meet('l', 'r')), 'first'),
      after(sh('right', meet('r', 'l')), 'first'),
      after(sh('last', 'echo last'), 'left', 'right'),
    ]);
    expect(exitCode).toBe(0);
    const lines = stdout.split('\n').map((line) => line.replace(/ +\| /, ': '));
    expect(lines[0]).toBe('first: first');
    expect(lines.slice(1, 3).toSorted()).toEqual(['left: met', 'right: met']);
    expect(lines[3]).toBe('last: last');
  });

  it('goes on with the branches that do not come after a step that failed', async () => {
    const { exitCode, stdout, stderr } = await run(
      [
        sh('a', 'exit 3'),
        after(sh('b', 'echo b')),
        after(sh('c', 'echo c'), 'a'),
        after(sh('d', 'echo d'), 'b'),
      ],
      { finally: [sh('tell', 'echo told'), sh('clean', 'echo cleaned')] },
    );
    expect({ exitCode, stdout }).toEqual({
      exitCode: 3,
      stdout: 'b     | b\nd     | d\ntell  | told\nclean | cleaned\n',
    });
    expect(ends(stderr)).toEqual([
      'a Failed',
      'b Succeeded',
      'c Skipped',
      'clean Succeeded',
      'd Succeeded',
      'tell Succeeded',
    ]);
  });

  it('ends them with failFast, and runs finally all the same', async () => {
    const { exitCode, stdout, stderr } = await run(
      [sh('a', 'exit 3'), after(sh('b', 'sleep 1000')), after(sh('c', 'echo c'), 'b')],
      { failFast: true, finally: [sh('tell', 'echo told')] },
    );
    expect({ exitCode, stdout }).toEqual({ exitCode: 3, stdout: 'tell | told\n' });
    const [a, b, c, tell] = ends(stderr);
    expect([a, c, tell]).toEqual(['a Failed', 'c Skipped', 'tell Succeeded']);
    // It may not have begun yet.
    expect(['b Cancelled', 'b Skipped']).toContain(b);
  });

  it.each<[string, object, number, string]>([
    ['one that fails makes a success a failure', { finally: [sh('f', 'exit 5')] }, 5, 'f Failed'],
    [
      'one that may fail does not',
      { finally: [{ ...sh('f', 'exit 5'), onError: 'continue' }] },
      0,
      'f Continued',
    ],
    [
      'and has a limit of its own',
      { finally: [{ ...sh('f', 'sleep 1000'), timeout: '100ms' }] },
      124,
      'f TimedOut',
    ],
  ])('finally: %s', async (_, spec, code, end) => {
    const { exitCode, stderr } = await run([sh('a', 'true')], spec);
    expect(exitCode).toBe(code);
    expect(ends(stderr)).toEqual(['a Succeeded', end]);
  });

  it('runs finally when the Task is out of time', async () => {
    const steps = [sh('a', 'sleep 1000'), after(sh('b', 'sleep 1000'))];
    const { exitCode, stdout } = await run(steps, {
      timeout: '1s',
      finally: [sh('tell', 'sleep 1; echo told')],
    });
    expect({ exitCode, stdout }).toEqual({ exitCode: 124, stdout: 'tell | told\n' });
  });

  it('tells those behind an agent that was killed, and runs finally', async () => {
    const steps = [sh('a', 'kill -9 $PPID'), after(sh('b', 'echo b')), after(sh('c', 'echo c'), 'a')];
    const { exitCode, stdout, stderr } = await run(steps, { finally: [sh('tell', 'echo told')] });
    expect(exitCode).toBe(137);
    expect(stdout).toBe('b    | b\ntell | told\n');
    expect(ends(stderr)).toContain('c Skipped');
  });

  it('Ctrl-C stops the steps and runs finally; once more kills that, too', async () => {
    const directory = await scratch();
    const file = (name: string): string => join(directory, name);
    const start = async (tell: string) => {
      const steps = [sh('a', `: >${file('ready')}; sleep 1000`), sh('b', 'echo b')];
      const spec = { finally: [sh('tell', tell), sh('clean', 'echo cleaned')] };
      return { process: taskflow(['run', '--agent', path, await taskFile(steps, 'test', spec)]) };
    };
    const once = await start('echo told');
    await waitUntil('the first step runs', () => existsSync(file('ready')));
    once.process.kill('SIGINT');
    const first = await once.process;
    expect(first).toMatchObject({ exitCode: 130, stdout: 'tell  | told\nclean | cleaned\n' });
    expect(ends(first.stderr)).toEqual(['a Cancelled', 'b Cancelled', 'clean Succeeded', 'tell Succeeded']);

    await rm(file('ready'));
    const twice = await start(`: >${file('begun')}; sleep 1000`);
    await waitUntil('the first step runs', () => existsSync(file('ready')));
    twice.process.kill('SIGINT');
    await waitUntil('finally runs', () => existsSync(file('begun')));
    twice.process.kill('SIGINT');
    expect(await twice.process).toMatchObject({ exitCode: 130, stdout: '' });
  });
});
