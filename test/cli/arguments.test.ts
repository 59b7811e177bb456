import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { describe, expect, it } from 'vitest';
import packageJson from '../../package.json' with { type: 'json' };
import { manifest, sh, taskFile, taskflow } from '../support/cli.ts';
import { scratch } from '../support/scratch.ts';

const MAIN = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));

/** What is wrong, in a line, and where to read on; FILE is a manifest whose step leaves a file. */
const wrong: [string, string[], string, string?][] = [
  ['no command', [], 'no command; write taskflow run FILE or taskflow render FILE', 'taskflow'],
  ['an unknown command', ['apply'], 'unknown command "apply"', 'taskflow'],
  ['a near miss of a command', ['rum', 'FILE'], 'unknown command "rum"; did you mean run?', 'taskflow'],
  ['a manifest and no command', ['a.yaml'], '"a.yaml" is no command; write taskflow run a.yaml', 'taskflow'],
  ['help on what is not there', ['help', 'rnu'], 'unknown command "rnu"; did you mean run?', 'taskflow'],
  [
    'an option before the command',
    ['--env=A=secret', 'run', 'FILE'],
    '--env comes before the command; write taskflow run --env …',
    'taskflow',
  ],
  ['no manifest', ['run'], 'no manifest; name a file, or - for standard input'],
  ['an empty name', ['run', ''], 'the name of a manifest is empty; name a file, or - for standard input'],
  ['standard input twice', ['run', '-', '-f', '-'], '- can be read only once; give it once'],
  [
    'a manifest on a server',
    ['run', '-f', 'https://example.com/t.yaml'],
    'https://example.com/t.yaml: only files are read; write curl -fsSL URL | taskflow run -f -',
  ],
  ['a grace without a value', ['run', 'FILE', '--grace'], '--grace needs a value; write --grace=10s'],
  [
    'a grace that is none',
    ['run', '--grace', 'soon', 'FILE'],
    '--grace "soon" is not a duration; write 10s or 1m30s',
  ],
  [
    'a dry run by a server',
    ['run', '--dry-run=server', 'FILE'],
    '--dry-run "server": a local run has no server; try --dry-run to see the plan, or kubectl apply --dry-run=server -f FILE to ask a cluster',
  ],
  ['a dry run that is none', ['run', '--dry-run=yes', 'FILE'], '--dry-run "yes": expected true or false'],
  ['an unknown option', ['run', '--agnet', 'x', 'FILE'], 'unknown option --agnet; did you mean --agent?'],
  ['a negation of nothing', ['run', '--no-such', 'FILE'], 'unknown option --no-such'],
  ['a variable without a value', ['run', '--env', 'NAME', 'FILE'], '--env needs NAME=VALUE'],
  [
    'a format of another command',
    ['render', '-ojsn', 'FILE'],
    '--output "jsn": expected yaml or json',
    'taskflow render',
  ],
  ['no image', ['entrypoint'], 'no image; write taskflow entrypoint busybox:1.36', 'taskflow entrypoint'],
  [
    'one platform and all',
    ['entrypoint', '--platform', 'linux/amd64', '--all-platforms', 'busybox'],
    '--platform and --all-platforms exclude each other; give one of them',
    'taskflow entrypoint',
  ],
];

describe('taskflow', () => {
  it.each(wrong)('refuses %s in one line', async (_, args, message, program = 'taskflow run') => {
    const marker = join(await scratch(), 'ran');
    const file = await taskFile([sh('a', `touch ${marker}`)]);
    const seen = await taskflow(args.map((arg) => (arg === 'FILE' ? file : arg)));
    expect(seen).toMatchObject({ exitCode: 2, stdout: '' });
    expect(seen.stderr).toBe(`taskflow: ${message}\nsee ${program} --help\n`);
    expect(existsSync(marker)).toBe(false);
  });

  it('runs nothing with --dry-run=client, which shows the plan', async () => {
    const marker = join(await scratch(), 'ran');
    const seen = await taskflow(['run', '--dry-run=client', await taskFile([sh('a', `touch ${marker}`)])]);
    expect(seen).toMatchObject({ exitCode: 0, stderr: '' });
    expect(seen.stdout).toContain(`command      sh -c 'touch ${marker}'`);
    expect(existsSync(marker)).toBe(false);
  });

  it.each([
    ['--help', 'taskflow COMMAND\n'],
    ['help', 'taskflow COMMAND\n'],
    ['-h run', 'taskflow run [OPTIONS] FILE...\n'],
    ['help run', 'taskflow run [OPTIONS] FILE...\n'],
    ['run --nosuch -h', 'taskflow run [OPTIONS] FILE...\n'],
    ['help agent', 'Runs one step of a taskflow Task'],
    ['--version', packageJson.version],
    ['version', packageJson.version],
    ['render --version', packageJson.version],
  ])('answers %s', async (args, beginning) => {
    const { exitCode, stdout, stderr } = await taskflow(args.split(' '));
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
    expect(stdout.slice(0, beginning.length)).toBe(beginning);
  });
});

describe('what taskflow prints', () => {
  const commands = ['--help', 'run --help', '--version', 'render FILE', 'run --dry-run FILE'];

  it.each(commands)('%s: a disk that is full is said in one line', async (line) => {
    const seen = await inShell(line, '>/dev/full');
    expect(seen.stderr).toBe('taskflow: cannot write to standard output: no space left on device (ENOSPC)\n');
    expect(seen.exitCode).toBe(1);
  });

  it.each(commands)('%s: a reader that goes away is no news', async (line) => {
    expect(await inShell(line, '| true')).toMatchObject({ exitCode: 141, stderr: '' });
  });

  async function inShell(line: string, end: string) {
    const file = await taskFile(Array.from({ length: 100 }, (_, i) => sh(`s${i}`, `: ${'x'.repeat(5000)}`)));
    const words = [process.execPath, MAIN, ...line.replace('FILE', file).split(' ')].join(' ');
    const options = { reject: false, stripFinalNewline: false } as const;
    return execa('bash', ['-c', `${words} ${end}; exit \${PIPESTATUS[0]}`], options);
  }
});

describe('manifests', () => {
  const task = (name: string): string => manifest([sh('a', `echo ${name}`)], name);

  it('come from files and standard input, in the order given, with -f or without', async () => {
    const directory = await scratch();
    for (const name of ['one', 'two']) await writeFile(join(directory, `${name}.yaml`), task(name));
    const args = ['run', '-ojson', '-f', 'two.yaml', 'one.yaml', '-f', '-'];
    const { exitCode, stdout } = await taskflow(args, { cwd: directory, input: task('three') });
    const lines = [...stdout.matchAll(/"line":"(\w+)"/g)].map(([, line]) => line);
    expect({ exitCode, lines }).toEqual({ exitCode: 0, lines: ['two', 'one', 'three'] });
  });

  it('come from a directory in the order of their names; other files in it are none', async () => {
    const directory = await scratch();
    await mkdir(join(directory, 'tasks'));
    for (const [name, text] of [
      ['b.yml', task('b')],
      ['a.yaml', task('a')],
      ['c.json', '{'],
      ['d.txt', '{'],
    ] as const)
      await writeFile(join(directory, 'tasks', name), text);
    const broken = await taskflow(['render', '-f', 'tasks'], { cwd: directory });
    expect(broken).toMatchObject({
      exitCode: 2,
      stderr: expect.stringMatching(/^tasks\/c\.json:1:/) as string,
    });
    await writeFile(
      join(directory, 'tasks/c.json'),
      JSON.stringify({
        apiVersion: 'api.practice.com/v1alpha1',
        kind: 'Task',
        metadata: { name: 'c' },
        spec: { steps: [sh('a', 'echo c')] },
      }),
    );
    const { stdout } = await taskflow(['run', '-f', 'tasks'], { cwd: directory });
    expect(stdout).toBe('a | a\na | b\na | c\n');
  });

  it('are missing in a directory without any', async () => {
    const { exitCode, stderr } = await taskflow(['run', await scratch()]);
    expect(exitCode).toBe(2);
    expect(stderr).toMatch(
      /^taskflow: \S+ has no manifest: no \*\.yaml, \*\.yml or \*\.json\nsee taskflow run --help\n$/,
    );
  });
});
