import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { taskflow } from '../support/cli.ts';
import { scratch } from '../support/scratch.ts';

const task = (workspaces: string[], steps: string[]): string =>
  [
    'apiVersion: api.practice.com/v1alpha1',
    'kind: Task',
    'metadata: { name: t }',
    'spec:',
    '  stepTemplate: { image: busybox }',
    '  workspaces:',
    ...workspaces.map((line) => `    - ${line}`),
    '  steps:',
    ...steps.map((line, index) => `    - { name: s${index}, ${line} }`),
  ].join('\n');

const run = (text: string, args: string[] = []) =>
  taskflow(['run', '-o', 'plain', ...args, '-'], { input: text });

describe('a workspace', () => {
  it('is a directory that steps share, in which a later one can work', async () => {
    const { stdout, exitCode } = await run(
      task(
        ['{ name: source }', '{ name: none, optional: true }'],
        [
          `command: [sh, -c, 'mkdir -p "$1/app/deep"; echo left >"$1/app/f"', sh, $(workspaces.source.path)]`,
          `workingDir: $(workspaces.source.path)/app, command: [cat, f], stdout: { path: $(workspaces.source.path)/out }`,
          `command: [cat, $(workspaces.source.path)/deep/../f], workspaces: [{ name: source, subPath: app }]`,
          `command: [sh, -c, 'cat "$1"; echo "$2 $3 <$4>"', sh, $(workspaces.source.path)/out, $(workspaces.source.bound), $(workspaces.none.bound), $(workspaces.none.path)]`,
        ],
      ),
    );
    expect(stdout).toBe('s1 | left\ns2 | left\ns3 | left\ns3 | true false <>\n');
    expect(exitCode).toBe(0);
  });

  it('is a directory of the user’s with --workspace, also of one that only a cluster has', async () => {
    const directory = join(await scratch(), 'it is');
    await mkdir(directory);
    await writeFile(join(directory, 'in'), 'here\n');
    const { stdout } = await run(
      task(
        ['{ name: data, persistentVolumeClaim: { claimName: c } }', '{ name: more, optional: true }'],
        [
          `command: [sh, -c, 'cat "$1/in"; echo "$2"; echo left >"$1/out"', sh, $(workspaces.data.path), $(workspaces.more.bound)]`,
        ],
      ),
      ['--workspace', `data=${directory}`, '-w', `more=${directory}`],
    );
    expect(stdout).toBe('s0 | here\ns0 | true\n');
    expect(await readFile(join(directory, 'out'), 'utf8')).toBe('left\n');
  });

  it('has the files of a ConfigMap or Secret beside the Task', async () => {
    const objects = [
      '---',
      'apiVersion: v1',
      'kind: ConfigMap',
      'metadata: { name: conf }',
      'data: { a: A, run: "#!/bin/sh\\necho ran\\n" }',
      '---',
      'apiVersion: v1',
      'kind: Secret',
      'metadata: { name: sec }',
      'data: { token: c2VjcmV0 }',
    ].join('\n');
    const { stdout, stderr } = await run(
      `${task(
        [
          '{ name: conf, configMap: { name: conf, defaultMode: 0755 } }',
          '{ name: some, configMap: { name: conf, items: [{ key: a, path: d/e }] } }',
          '{ name: sec, secret: { secretName: sec }, readOnly: true }',
          '{ name: gone, optional: true, secret: { secretName: gone } }',
        ],
        [
          `command: [sh, -c, '"$1/run"; cat "$2/d/e" "$3/token"; echo; ls "$4"', sh, $(workspaces.conf.path), $(workspaces.some.path), $(workspaces.sec.path), $(workspaces.gone.path)]`,
        ],
      )}\n${objects}`,
    );
    expect(stdout).toBe('s0 | ran\ns0 | Asecret\n');
    expect(stderr).toContain('workspaces can be written to that are read-only in a pod: sec');
  });

  it.each<[string, string[], string[], string[], string]>([
    [
      'a claim',
      ['{ name: c, persistentVolumeClaim: { claimName: c } }'],
      [],
      [],
      'workspace c is persistentVolumeClaim, which only a cluster has; give a directory with --workspace c=DIR',
    ],
    [
      'a ConfigMap that is not there',
      ['{ name: c, configMap: { name: gone } }'],
      [],
      [],
      'workspace c is the ConfigMap gone, which only a cluster has; put the ConfigMap into a file beside the Task',
    ],
    ['a name that no Task has', ['{ name: source }'], [], ['-w', 'suorce=/'], 'did you mean source?'],
    [
      'a directory that is not there',
      ['{ name: source }'],
      [],
      ['-w', 'source=/nowhere'],
      '--workspace source: /nowhere does not exist on this machine; make the directory, or name another',
    ],
    [
      'a file',
      ['{ name: source }'],
      [],
      ['-w', `source=${import.meta.filename}`],
      '.ts is no directory; make',
    ],
    [
      'a name that no file can have',
      ['{ name: source }'],
      [],
      ['-w', `source=/${'a'.repeat(300)}`],
      'cannot be used (ENAMETOOLONG); make the directory, or name another',
    ],
    ['no directory', ['{ name: source }'], [], ['-w', 'source'], 'write NAME=DIR'],
    [
      'its path in a pod',
      ['{ name: source }'],
      ['command: [cat, /workspace/source/f]'],
      [],
      'write $(workspaces.source.path), which is right in both',
    ],
  ])('is refused before anything runs: %s', async (_, workspaces, steps, args, message) => {
    const { stdout, stderr, exitCode } = await run(
      task(workspaces, steps.length > 0 ? steps : ['command: [echo, ran]']),
      args,
    );
    expect([exitCode, stdout]).toEqual([2, '']);
    expect(stderr).toContain(message);
  });
});

it('stops a step after its own grace period, and tries it again after its own delay', async () => {
  const text = task(
    ['{ name: w }'],
    [
      `retries: 1, retryDelay: 10ms, command: [sh, -c, 'test -e "$1" || { touch "$1"; exit 1; }', sh, $(workspaces.w.path)/f]`,
      `timeout: 200ms, gracePeriod: 100ms, command: [sh, -c, 'trap "" TERM; while :; do sleep 1; done']`,
    ],
  );
  const { stderr, exitCode } = await run(text, ['--grace', '1h']);
  expect(exitCode).toBe(124);
  expect(stderr).toMatch(/s0 Succeeded/);
});
