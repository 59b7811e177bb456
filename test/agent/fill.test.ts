import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { describe, expect, it } from 'vitest';
import { type Fill, type Pieces } from '../../shared/turn/fill.ts';
import { type Outcome } from '../../shared/turn/outcome.ts';
import { programs } from '../support/agents.ts';
import { PodFiles } from '../support/pod-files.ts';
import { outcomeIn, runAgent } from '../support/run-agent.ts';
import { staticAgents } from '../support/agents.ts';

/** Steps 1 and 2 are over, 3 is filled in. */
async function third(results: Record<string, string | Uint8Array> = {}, outcome: Partial<Outcome> = {}) {
  const pod = await PodFiles.make(3, { order: '0' });
  await mkdir(join(pod.run(1), 'results'));
  for (const [name, text] of Object.entries(results))
    await writeFile(join(pod.run(1), 'results', name), text);
  await pod.post(1, { step: 'clone', ...outcome });
  await pod.post(2);
  const result = (name: string): Pieces => [{ run: pod.run(1), of: `results/${name}` }];
  const flags = (fill: Fill, ...more: string[]): string[] => [
    ...pod.flags(3, [1, 2]),
    ...['--fill', JSON.stringify(fill), ...more, '--command'],
  ];
  return { pod, result, flags };
}

/** Prints each of its arguments in brackets. */
const SHOW = ['printf', '[%s]'];

describe.each(programs)('--fill of the $name', (agent) => {
  it('puts the command together, of words and what earlier steps left', async () => {
    const { result, flags } = await third({ commit: 'abc\n' });
    const argv = [0, 1, [2, ...result('commit'), 3], 3, [], 2];
    const seen = await runAgent(agent, [...flags({ argv }), ...SHOW, 'v', '-x']);
    expect(seen).toEqual({ exitCode: 0, signal: undefined, stdout: '[vabc-x][-x][][v]', stderr: '' });
  });

  it.each([
    ['one final newline is no part of it', 'a\n\n', 'a\n'],
    ['empty', '', ''],
    ['quotes, a shell’s words and ours', `'"$(id)" $(params.x) $$ \\ %s`, `'"$(id)" $(params.x) $$ \\ %s`],
    ['not ASCII', 'ü 日本 🙂', 'ü 日本 🙂'],
    ['almost as large as an argument can be', 'x'.repeat(131_071), 'x'.repeat(131_071)],
  ])('gives a result byte for byte: %s', async (_, left, given) => {
    const { result, flags } = await third({ r: left });
    const argv = [0, 1, result('r')];
    const env = { R: result('r') };
    const asArgument = await runAgent(agent, [...flags({ argv }), 'printf', '%s']);
    expect(asArgument.stdout).toBe(given);
    if (given.length > 100_000) return;
    const { pod } = await third({ r: left });
    const again = [...pod.flags(3, [1, 2]), '--fill', JSON.stringify({ env }), '--command'];
    const asVariable = await runAgent(agent, [...again, 'sh', '-c', 'printf %s "$R"']);
    expect(asVariable.stdout).toBe(given);
  });

  it('says how steps ended, and what becomes of the Task', async () => {
    const pod = await PodFiles.make(4, {
      over: '{"steps":{"2":{"outcome":"Failed","exitCode":137}}}',
    });
    await pod.post(1, { outcome: 'Continued', exitCode: 3 });
    await pod.post(3, { outcome: 'Skipped', exitCode: 121 });
    const of = (number: number): Pieces => [
      { run: pod.run(number), of: 'outcome' },
      { run: pod.run(number), of: 'exitCode' },
    ];
    const argv = [0, 1, of(1), of(2), of(3), [{ of: 'outcome' }]];
    const flags = [...pod.flags(4, [1, 2, 3]), '--always', '--fill', JSON.stringify({ argv })];
    expect((await runAgent(agent, [...flags, '--command', ...SHOW])).stdout).toBe(
      '[Continued3][Failed137][Skipped121][Failure]',
    );
  });

  it.each<[string, Partial<Outcome>, { order?: string; over?: string }, string]>([
    ['Successful', {}, {}, 'Successful'],
    ['Successful, though a cancel came late', {}, { order: '-1' }, 'Successful'],
    ['Successful after an omitted step', { outcome: 'Omitted' }, {}, 'Successful'],
    ['Failure', { outcome: 'Failed', exitCode: 1 }, { order: '-1' }, 'Failure'],
    ['Cancelled', { outcome: 'Cancelled', exitCode: 122 }, { order: '-1' }, 'Cancelled'],
    [
      'what the controller knows better',
      { outcome: 'Cancelled' },
      { order: '-1', over: '{"outcome":"Failure"}' },
      'Failure',
    ],
  ])('says that the Task is %s', async (_, outcome, files, becomes) => {
    const pod = await PodFiles.make(2, files);
    await pod.post(1, outcome);
    const flags = [...pod.flags(2, [1]), '--always', '--fill', '{"argv":[0,1,[{"of":"outcome"}]]}'];
    expect((await runAgent(agent, [...flags, '--command', ...SHOW])).stdout).toBe(`[${becomes}]`);
  });

  it('comes after what is chosen for this machine', async () => {
    const { result, flags } = await third({ r: 'x' });
    const entrypoints = JSON.stringify({
      'linux/amd64': ['printf', '[%s]'],
      'linux/arm64': ['printf', '[%s]'],
    });
    const args = [...flags({ argv: [0, result('r')] }, '--entrypoints', entrypoints), 'word'];
    expect((await runAgent(agent, args)).stdout).toBe('[word][x]');
  });

  it('finds the command in the PATH that it gives', async () => {
    const { pod, result, flags } = await third({});
    await writeFile(join(pod.directory, 'mine'), '#!/bin/sh\necho mine\n', { mode: 0o755 });
    await writeFile(join(pod.run(1), 'results/path'), `${pod.directory}\n`);
    const seen = await runAgent(agent, [...flags({ env: { PATH: result('path') } }), 'mine']);
    expect(seen).toMatchObject({ exitCode: 0, stdout: 'mine\n' });
  });

  it.each<[string, string, RegExp]>([
    ['JSON', '{"argv":', /^taskflow-agent: --fill: it is not JSON\n$/],
    ['a word that is there', '{"argv":[2]}', /argv\[0\] is word 2, but there are 2 after --command\n$/],
    ['a known field', '{"args":[0]}', /it has a field "args"/],
    ['a command', '{"argv":[]}', /no command; write: --command CMD/],
  ])('must be %s', async (_, json, message) => {
    const seen = await runAgent(agent, ['--fill', json, '--', 'echo', 'ran']);
    expect(seen).toMatchObject({ exitCode: 125, stdout: '' });
    expect(seen.stderr).toMatch(message);
  });

  it('is shown by --dry-run, with what stands for it', async () => {
    const { pod, result, flags } = await third();
    const fill: Fill = {
      argv: [0, [1, ...result('commit')]],
      env: { C: [{ of: 'outcome' }] },
      when: [{ input: [1], operator: 'notin', values: [[0]] }],
    };
    const seen = await runAgent(agent, [...flags(fill, '--always', '--dry-run'), 'echo', 'v']);
    expect(seen).toMatchObject({ exitCode: 0, stderr: '' });
    expect(JSON.parse(seen.stdout)).toMatchObject({
      over: join(pod.directory, 'podinfo/over'),
      after: [pod.run(1), pod.run(2)],
      always: true,
      command: ['echo', `v$(${pod.run(1)}/results/commit)`],
      env: { C: '$(outcome)' },
      when: [{ input: 'v', operator: 'notin', values: ['echo'] }],
    });
  });
});

describe.each(programs)('what the $name cannot take from an earlier step', (agent) => {
  it.each<[string, Partial<Outcome>, RegExp]>([
    [
      'it was not left',
      {},
      /^step 1 \(clone\) ended Succeeded and left no result commit; it must write .*\$\(results\.commit\.path\)$/,
    ],
    [
      'its step was omitted',
      { outcome: 'Omitted', attempts: 0 },
      /^step 1 \(clone\) ended Omitted and left no result commit; .*same when:$/,
    ],
  ])('ends the step: %s', async (_, outcome, message) => {
    const { pod, result, flags } = await third({}, outcome);
    const seen = await runAgent(agent, [...flags({ argv: [0, result('commit')] }), 'echo']);
    expect(seen).toMatchObject({ exitCode: 125, stdout: '' });
    const posted = await outcomeIn(pod.run(3));
    expect(posted).toMatchObject({ outcome: 'Error', exitCode: 125, reason: 'ResultMissing', attempts: 0 });
    expect(posted.message).toMatch(message);
    expect(seen.stderr).toBe(`taskflow-agent: ${posted.message}\n`);
  });

  it('ends the step when what a condition needs was not left', async () => {
    const { pod, result, flags } = await third();
    const when = [{ input: result('go'), operator: 'in', values: [[1]] }] as const;
    expect(await runAgent(agent, [...flags({ argv: [0], when }), 'echo', 'yes'])).toMatchObject({
      exitCode: 125,
    });
    expect(await outcomeIn(pod.run(3))).toMatchObject({ outcome: 'Error', reason: 'ResultMissing' });
  });

  it('ends the step when another one has said nothing', async () => {
    const pod = await PodFiles.make(2, { order: '2' });
    const flags = [
      ...pod.flags(2, [1]),
      '--fill',
      JSON.stringify({ argv: [0, [{ run: pod.run(1), of: 'outcome' }]] }),
    ];
    expect(await runAgent(agent, [...flags, '--', 'echo'])).toMatchObject({ exitCode: 125, stdout: '' });
    expect(await outcomeIn(pod.run(2))).toMatchObject({ outcome: 'Error', reason: 'OutcomeMissing' });
  });

  it.each<[string, (path: string) => Promise<unknown>, string]>([
    ['a directory', (path) => mkdir(path), 'r is a directory'],
    ['a link', (path) => symlink('/etc/hostname', path), 'r is a symbolic link'],
    ['a FIFO', (path) => execa('mkfifo', [path]), 'r is no regular file'],
    ['a device', (path) => symlink('/dev/zero', path), 'r is a symbolic link'],
    ['no UTF-8', (path) => writeFile(path, Buffer.from([0xff])), 'r is not valid UTF-8'],
    ['too large', (path) => writeFile(path, 'ü'.repeat(600_000)), 'r is larger than 1048576 bytes'],
    ['with a NUL', (path) => writeFile(path, 'a\0b'), 'holds a NUL byte'],
  ])('is neither followed nor waited for: %s', async (_, make, message) => {
    const { pod, result, flags } = await third();
    await make(join(pod.run(1), 'results/r'));
    const seen = await runAgent(agent, [...flags({ argv: [0, result('r')] }), 'echo']);
    expect(seen).toMatchObject({ exitCode: 125, stdout: '' });
    const posted = await outcomeIn(pod.run(3));
    expect(posted).toMatchObject({ outcome: 'Error', reason: 'ResultUnusable' });
    expect(posted.message).toContain(message);
  });

  it('is no directory of results that is a link', async () => {
    const pod = await PodFiles.make(2);
    await pod.post(1);
    await symlink('/etc', join(pod.run(1), 'results'));
    const argv = [0, [{ run: pod.run(1), of: 'results/hostname' }]];
    const seen = await runAgent(agent, [
      ...pod.flags(2, [1]),
      '--fill',
      JSON.stringify({ argv }),
      '--',
      'echo',
    ]);
    expect(seen).toMatchObject({ exitCode: 125, stdout: '' });
    expect(seen.stderr).toContain('not a directory (ENOTDIR)');
  });

  it('is more than an argument can hold, and said so', async () => {
    const { pod, result, flags } = await third({ r: 'x'.repeat(131_072) });
    const seen = await runAgent(agent, [...flags({ argv: [0, result('r')] }), 'echo']);
    expect(seen.exitCode).toBe(126);
    const { message } = await outcomeIn(pod.run(3));
    expect(message).toContain(
      'argument list too long (E2BIG); an argument or a variable has at most 128 KiB',
    );
  });
});

describe.each(programs)('the conditions of the $name', (agent) => {
  const cases: [string, Fill['when'], boolean][] = [
    ['in holds', [{ input: [0], operator: 'in', values: [[1], [0]] }], true],
    ['in does not hold', [{ input: [0], operator: 'in', values: [[1]] }], false],
    ['in nothing never holds', [{ input: [0], operator: 'in', values: [] }], false],
    ['notin holds', [{ input: [0], operator: 'notin', values: [[1]] }], true],
    ['notin does not hold', [{ input: [0], operator: 'notin', values: [[1], [0]] }], false],
    ['notin nothing always holds', [{ input: [0], operator: 'notin', values: [] }], true],
    ['texts are put together', [{ input: [0, 1], operator: 'in', values: [[0, 1]] }], true],
    [
      'all must hold',
      [
        { input: [0], operator: 'in', values: [[0]] },
        { input: [0], operator: 'in', values: [[1]] },
      ],
      false,
    ],
    ['none holds', [], true],
  ];
  it.each(cases)('%s', async (_, when, runs) => {
    const { pod, flags } = await third();
    const seen = await runAgent(agent, [...flags({ argv: [0, 1], when: when ?? [] }), 'echo', 'ran']);
    expect(seen).toEqual({ exitCode: 0, signal: undefined, stdout: runs ? 'ran\n' : '', stderr: '' });
    expect((await outcomeIn(pod.run(3))).outcome).toBe(runs ? 'Succeeded' : 'Omitted');
  });

  it('leave a record that says which one did not hold, and the next step starts', async () => {
    const { pod, result, flags } = await third({ go: `no${'o'.repeat(100)}\n` });
    const when = [
      { input: [1], operator: 'in', values: [[1]] },
      { input: result('go'), operator: 'in', values: [[1], [2]] },
    ] as const;
    await runAgent(agent, [...flags({ argv: [0], when }), 'echo', 'yes', 'y"']);
    const posted = await outcomeIn(pod.run(3));
    expect(posted).toMatchObject({ outcome: 'Omitted', exitCode: 0, reason: 'ConditionNotMet', attempts: 0 });
    expect(posted.message).toBe(`when[1] does not hold: "no${'o'.repeat(58)}…" is none of "yes", "y\\""`);
    expect(posted).not.toHaveProperty('startedAt');
    expect(posted).toMatchObject({ gate: null });
  });

  it('are judged when the turn has come, and need no result of a step that is omitted', async () => {
    const { pod, result, flags } = await third();
    const when = [{ input: [{ run: pod.run(2), of: 'outcome' }], operator: 'in', values: [[1]] }] as const;
    const seen = await runAgent(agent, [...flags({ argv: [0, result('none')], when }), 'echo', 'Failed']);
    expect(seen).toMatchObject({ exitCode: 0, stdout: '', stderr: '' });
    expect(await outcomeIn(pod.run(3))).toMatchObject({ outcome: 'Omitted' });
  });
});

describe.each(staticAgents)('words of the $name', (agent) => {
  it('are passed on as they came, beside those that are filled in', async () => {
    const { result, flags } = await third({ r: 'x' });
    const argv = [0, 1, 2, result('r')];
    const script = `exec "$@" "$(printf '\\377')"`;
    const before = [...flags({ argv }), 'printf', '%s'];
    const [file, ...own] = agent.command;
    const { stdout } = await execa('sh', ['-c', script, 'sh', file, ...own, ...before], {
      encoding: 'buffer',
    });
    expect([...stdout]).toEqual([0xff, 'x'.charCodeAt(0)]);
  });
});
