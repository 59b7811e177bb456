import { existsSync } from 'node:fs';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse, stringify } from 'yaml';
import { localAgents, nodeAgent, staticAgent, type Agent } from '../support/agents.ts';
import { manifest, sh, taskFile, taskflow } from '../support/cli.ts';
import { scratch } from '../support/scratch.ts';

const agentFlag = ({ command }: Agent): string[] => ['--agent', command.at(-1) ?? ''];
const ORIGINAL = new URL('../shared/fixtures/example-taskflow.yaml', import.meta.url);

describe.each(localAgents)('taskflow run with the $name', (agent) => {
  const run = (file: string, ...args: string[]) => taskflow(['run', ...agentFlag(agent), ...args, file]);

  it('runs the steps in order, each line behind the name of its step', async () => {
    const file = await taskFile([
      sh('one', 'echo 1; echo oops >&2'),
      sh('second', 'echo 2'),
      sh('x', 'echo 3'),
    ]);
    const { exitCode, stdout, stderr } = await run(file);
    expect({ exitCode, stdout }).toEqual({ exitCode: 0, stdout: 'one    | 1\nsecond | 2\nx      | 3\n' });
    expect(stderr).toContain('one    | oops\n');
    expect(stderr).toMatch(/Task test, 3 steps, on this machine/);
    expect(stderr).toMatch(/\[2\/3\] second Succeeded in [\d.]+m?s/);
    expect(stderr).toMatch(/Task test Successful in /);
  });

  it('stops at the second of four steps that exits 42: two are skipped, and 42 is the exit code', async () => {
    const file = await taskFile([
      sh('a', 'echo a'),
      sh('b', 'exit 42'),
      sh('c', 'echo c'),
      sh('d', 'echo d'),
    ]);
    const { exitCode, stdout } = await run(file, '-o', 'json');
    const events = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(exitCode).toBe(42);
    expect(events.filter(({ type }) => type === 'StepFinished')).toMatchObject([
      { step: 'a', outcome: 'Succeeded', exitCode: 0 },
      { step: 'b', outcome: 'Failed', exitCode: 42 },
      { step: 'c', outcome: 'Skipped', message: 'step 2 (b) ended Failed: exit code 42' },
      { step: 'd', outcome: 'Skipped', message: 'step 2 (b) ended Failed: exit code 42' },
    ]);
    expect(events.filter(({ type }) => type === 'Log')).toMatchObject([
      { step: 'a', stream: 'stdout', line: 'a' },
    ]);
    expect(events.at(-1)).toMatchObject({ type: 'TaskFinished', status: 'Failure', exitCode: 42 });
  });

  it('runs many steps in order', async () => {
    // Each start of the one that Node runs costs what fifty of the other do.
    const length = agent === staticAgent ? 100 : 20;
    const steps = Array.from({ length }, (_, i) => sh(`step-${i}`, `echo ${i}`));
    const { exitCode, stdout } = await run(await taskFile(steps));
    expect(exitCode).toBe(0);
    expect(
      stdout
        .trimEnd()
        .split('\n')
        .map((line) => line.split(' | ')[1]),
    ).toEqual(steps.map((_, i) => String(i)));
  });

  it('gives each step a temporary directory of its own, as /tmp is in a pod, that is gone afterwards', async () => {
    const file = await taskFile([
      sh('write', 'echo kept >$TMPDIR/x; echo $TMPDIR'),
      sh('read', 'test -z "$(ls -A $TMPDIR)" && echo private'),
    ]);
    const { exitCode, stdout } = await run(file);
    const directory = /write \| (.*)/.exec(stdout)?.[1] ?? '';
    expect({ exitCode, stdout }).toMatchObject({
      exitCode: 0,
      stdout: expect.stringContaining('read  | private\n'),
    });
    expect(directory).toContain('taskflow-run-');
    expect(existsSync(directory)).toBe(false);
  });

  it('keeps that directory with --keep, and says where', async () => {
    const { stderr } = await run(await taskFile([sh('a', 'true')]), '--keep');
    const kept = /^kept (.*)$/m.exec(stderr)?.[1] ?? '';
    expect(JSON.parse(await readFile(join(kept, 'run/1/outcome.json'), 'utf8'))).toMatchObject({ step: 'a' });
    const { exitCode } = await taskflow(['run', await taskFile([{ ...sh('clean', `rm -r ${kept}`) }])]);
    expect(exitCode).toBe(0);
  });

  it('ends when an agent dies without a word, and skips what comes after', async () => {
    const file = await taskFile([sh('a', 'echo $$; kill -9 $PPID; sleep 300'), sh('b', 'echo b')]);
    const { exitCode, stdout } = await run(file, '-o', 'json');
    const events = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(exitCode).toBe(137);
    expect(events.filter(({ type }) => type === 'StepFinished')).toMatchObject([
      { step: 'a', outcome: 'Error', exitCode: 137, reason: 'AgentDied' },
      { step: 'b', outcome: 'Skipped' },
    ]);
  });

  it('runs the original’s example once its last step has a command', async () => {
    const task = parse(await readFile(ORIGINAL, 'utf8')) as { spec: { steps: { command?: string[] }[] } };
    Object.assign(task.spec.steps[2] ?? {}, { command: ['echo', 'script'] });
    const file = join(await scratch(), 'example.yaml');
    await writeFile(file, stringify(task));
    const { exitCode, stdout } = await run(file);
    expect({ exitCode, stdout }).toEqual({
      exitCode: 0,
      stdout: 'step1 | step1\nstep2 | step2\nstep3 | script 10\n',
    });
  });
});

describe('taskflow run', () => {
  it('refuses the original’s example, before any step starts, where its last step’s image cannot be looked up', async () => {
    const env = { XDG_CACHE_HOME: await scratch(), TASKFLOW_REGISTRY_MIRROR: '' };
    const { exitCode, stdout, stderr } = await taskflow(['run', '--offline', ORIGINAL.pathname], { env });
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' });
    expect(stderr).toMatch(
      /^step step3 has no command: image devopscube\/kubernetes-job-demo:latest: .*registry docker\.io.*command:\n$/,
    );
    expect(stderr).not.toContain('Running');
  });

  it('runs scripts as they are, with their interpreter and arguments; without one the first error ends them', async () => {
    const file = await taskFile([
      { name: 'perl', script: '#!/usr/bin/perl\nprint "perl @ARGV\\n";\n', args: ['a b', 'c'] },
      { name: 'plain', script: 'echo "plain $1"\nfalse\necho not reached\n', args: ['arg'] },
    ]);
    const { exitCode, stdout } = await taskflow(['run', file]);
    expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: 'perl  | perl a b c\nplain | plain arg\n' });
  });

  it('gives steps their environment, with references as the kubelet resolves them', async () => {
    const env = [
      { name: 'A', value: 'a' },
      { name: 'B', value: '$(A)b $(NONE) $$(A)' },
    ];
    const file = await taskFile([
      { name: 'x', command: ['printenv', '$(A)', 'B'].slice(0, 1), args: ['B'], env },
    ]);
    expect((await taskflow(['run', file])).stdout).toBe('x | ab $(NONE) $(A)\n');
    expect((await taskflow(['run', '--env', 'A=given', file])).stdout).toBe('x | givenb $(NONE) $(A)\n');
  });

  it('reads standard input, and runs several Tasks one after the other until one fails', async () => {
    const text = [
      manifest([sh('a', 'echo a')], 'one'),
      manifest([sh('b', 'exit 3')], 'two'),
      manifest([sh('c', 'echo c')], 'three'),
    ];
    const { exitCode, stdout, stderr } = await taskflow(['run', '-'], { input: text.join('---\n') });
    expect({ exitCode, stdout }).toEqual({ exitCode: 3, stdout: 'a | a\n' });
    expect(stderr).toMatch(/\nnot run, because Task two did not succeed: three\n$/);
  });

  it('runs none of several Tasks when one of them cannot run here', async () => {
    const mount = { volumeMounts: [{ name: 'v', mountPath: '/v' }] };
    const bad = (name: string) =>
      manifest([{ ...sh('a', 'echo ran'), ...mount }], name).replace(
        'spec:\n',
        'spec:\n  volumes: [{ name: v, emptyDir: {} }]\n',
      );
    const text = [manifest([sh('a', 'echo ran')], 'good'), bad('one'), bad('two')];
    const { exitCode, stdout, stderr } = await taskflow(['run', '-'], { input: text.join('---\n') });
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' });
    expect(stderr).toMatch(/^Task one: step a mounts v at \/v.*\nTask two: step a mounts v at \/v.*\n$/);
  });

  it('ends, and says why, when the system cannot start a step', async () => {
    const file = await taskFile([{ name: 'a', command: ['echo', 'x'.repeat(200_000)] }, sh('b', 'echo b')]);
    const { exitCode, stdout, stderr } = await taskflow(['run', file]);
    expect({ exitCode, stdout }).toEqual({ exitCode: 125, stdout: '' });
    expect(stderr).toContain('a Error: its agent cannot be started: argument list too long (E2BIG)');
    expect(stderr).toContain('b Skipped');
  });

  it('runs nothing with --dry-run, and shows the plan: no value of a variable is in it', async () => {
    const marker = join(await scratch(), 'ran');
    const file = await taskFile([
      { ...sh('a', `touch ${marker}`), env: [{ name: 'TOKEN', value: 'hunter2' }] },
    ]);
    const { exitCode, stdout } = await taskflow(['run', '--dry-run', file]);
    expect(exitCode).toBe(0);
    expect(stdout).toContain(`command      sh -c 'touch ${marker}'`);
    expect(stdout).toMatch(/environment {2}TMPDIR TOKEN\n/);
    expect(stdout).toMatch(/waits for {4}\S*\/podinfo\/order\n/);
    expect(stdout).not.toContain('hunter2');
    expect(existsSync(marker)).toBe(false);
  });

  it.each([
    [
      'a volume mount',
      { volumeMounts: [{ name: 'work', mountPath: '/volume' }] },
      'step a mounts work at /volume: a local process cannot mount volumes; go on without them with --ignore-mounts',
    ],
    [
      'a variable that only a cluster has',
      { env: [{ name: 'T', valueFrom: { secretKeyRef: { name: 's', key: 'k' } } }] },
      'step a takes env[0] T from Secret s, which only a cluster has; put the Secret into a file beside the Task, or give the variable with --env T=VALUE',
    ],
    [
      'a working directory that is not here',
      { workingDir: '/no/such/place' },
      'step a has the workingDir /no/such/place, which does not exist on this machine',
    ],
  ])('says plainly what a local process cannot have: %s', async (_, step, message) => {
    const text = manifest([{ ...sh('a', 'echo ran'), ...step }]).replace(
      'spec:\n',
      'spec:\n  volumes: [{ name: work, emptyDir: {} }]\n',
    );
    const { exitCode, stdout, stderr } = await taskflow(['run', '-'], { input: text });
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' });
    expect(stderr).toContain(`Task test: ${message}`);
  });

  it.each([
    [
      'an agent that is not there',
      ['run', '--agent', '/no/agent', 'FILE'],
      'agent /no/agent does not run: ENOENT',
    ],
    ['an agent that is something else', ['run', '--agent', '/bin/true', 'FILE'], 'it is no taskflow agent'],
    ['a grace that is none', ['run', '--grace', 'soon', 'FILE'], '--grace "soon" is not a duration'],
    ['a variable without a value', ['run', '--env', 'NAME', 'FILE'], '--env needs NAME=VALUE'],
  ])('refuses %s with exit code 2', async (_, args, message) => {
    const file = await taskFile([sh('a', 'true')]);
    const { exitCode, stderr } = await taskflow(args.map((arg) => (arg === 'FILE' ? file : arg)));
    expect(exitCode).toBe(2);
    expect(stderr).toContain(message);
  });

  it('uses the static agent where it is built, and Node’s only when asked to', async () => {
    const file = await taskFile([sh('a', 'true')]);
    expect((await taskflow(['run', file])).stderr).toContain(staticAgent.command[0]);
    expect((await taskflow(['run', ...agentFlag(nodeAgent), file])).stderr).toContain('Node agent');
  });

  it('does not mind that nobody reads its output any more', async () => {
    const file = await taskFile([sh('a', 'yes | head -c 1000000000'), sh('b', 'echo b')]);
    const temporary = await scratch();
    const running = taskflow(['run', file], { env: { TMPDIR: temporary } });
    running.stdout?.destroy();
    running.stderr?.destroy();
    expect((await running).exitCode).toBe(141);
    expect(await readdir(temporary)).toEqual([]);
  });
});
