import { existsSync } from 'node:fs';
import { readdir, readFile, readlink, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa, type Options } from 'execa';
import { describe, expect, it } from 'vitest';
import { readElf } from '../../scripts/build-agent/elf.ts';
import { ARCHITECTURES, hostArch, type Arch } from '../../scripts/build-agent/target.ts';
import { runnerFor } from '../../scripts/build-pkg/check.ts';
import packageJson from '../../package.json' with { type: 'json' };
import { sh, taskFile } from '../support/cli.ts';
import { outcomeIn } from '../support/run-agent.ts';
import { scratch } from '../support/scratch.ts';
import { waitUntil } from '../support/wait-until.ts';

const executable = (arch: Arch): string =>
  fileURLToPath(new URL(`../../dist/pkg/linux-${arch}/taskflow`, import.meta.url));
const HERE = executable(hostArch());

const taskflow = (args: readonly string[], options: Options = {}) =>
  execa(HERE, args, { reject: false, stdin: 'ignore', ...options });

/** Made only where somebody asked for it, and on CI. */
const missing = !existsSync(HERE) && process.env['CI'] !== 'true';

describe.skipIf(missing)('the packaged taskflow', () => {
  it('tells its version, and that of its agent', async () => {
    expect((await taskflow(['--version'])).stdout).toBe(packageJson.version);
    expect((await taskflow(['agent', '--version'])).stdout).toBe(`taskflow-agent ${packageJson.version}`);
  });

  it('runs a Task with its own agent, where there is no other program than the shell', async () => {
    const file = await taskFile([sh('first', 'echo one'), sh('second', 'echo two >&2; exit 42')]);
    const environment = { env: { PATH: '/usr/bin:/bin' }, extendEnv: false };
    const seen = await taskflow(['run', '-o', 'plain', file], environment);
    expect(seen).toMatchObject({ exitCode: 42, stdout: 'first  | one' });
    expect(seen.stderr).toContain('second | two');
    expect(seen.stderr).toContain('[2/2] second Failed');
  });

  it.each([
    ['a file that is not there', ['run', '/no/such.yaml'], 2],
    ['an unknown command', ['frobnicate'], 2],
    ['an unknown flag of the agent', ['agent', '--frobnicate'], 125],
  ])('refuses %s as the other builds do', async (_, args, exitCode) => {
    const seen = await taskflow(args);
    expect(seen).toMatchObject({ exitCode, stdout: '' });
    expect(seen.stderr).not.toContain('internal error');
  });

  it('needs nothing of the checkout', async () => {
    const directory = await scratch();
    const file = await taskFile([sh('only', 'echo here')]);
    const rendered = await taskflow(['render', file], { cwd: directory, env: { HOME: directory } });
    expect(rendered).toMatchObject({ exitCode: 0, stderr: '' });
    expect(rendered.stdout).toContain('kind: Pod');
    expect(await readdir(directory)).toEqual([]);
  });
});

describe.skipIf(missing)('its agent', () => {
  it('waits for its turn, passes words and code on, and posts', async () => {
    const directory = await scratch();
    const order = join(directory, 'order');
    await writeFile(order, '1\n');
    const flags = ['--wait', order, '--waitcontent', '2', '--post', directory];
    const words = ['a b', '', '--version', '*'];
    const command = ['sh', '-c', 'printf "<%s>" "$@"; exit 7', 'sh', ...words];
    const running = taskflow(['agent', ...flags, '--', ...command]);
    await waitUntil('it watches', () => watchesFiles(running.pid));
    expect(running.nodeChildProcess.exitCode).toBeNull();
    await writeFile(order, '2\n');
    expect(await running).toMatchObject({ exitCode: 7, stdout: '<a b><><--version><*>', stderr: '' });
    expect(await outcomeIn(directory)).toMatchObject({ outcome: 'Failed', exitCode: 7, number: 2 });
  });

  it('installs itself; what it installed is an agent', async () => {
    const directory = join(await scratch(), 'bin');
    for (const _ of ['once', 'twice is fine'])
      expect(await taskflow(['agent', 'install', directory])).toMatchObject({ exitCode: 0, stderr: '' });
    const copy = join(directory, 'agent');
    expect((await stat(copy)).mode & 0o7777).toBe(0o555);
    expect(await execa(copy, ['--', 'echo', 'runs'])).toMatchObject({ stdout: 'runs' });
  });
});

describe.each(Object.keys(ARCHITECTURES) as Arch[])('the executable for %s', (arch) => {
  it('is for that machine, and says its version', async (test) => {
    if (!existsSync(executable(arch))) test.skip('it is not built; npm run build:pkg');
    expect(readElf(await readFile(executable(arch))).machine).toBe(ARCHITECTURES[arch].machine);
    const runner = await runnerFor(arch);
    if (runner === undefined) return test.skip('there is no emulator for it here');
    const [file = '', ...args] = runner.concat(executable(arch));
    expect((await execa(file, [...args, '--version'])).stdout).toBe(packageJson.version);
  });
});

/** Whether the process has an inotify instance open. */
async function watchesFiles(pid = 0): Promise<boolean> {
  const folder = `/proc/${pid}/fd`;
  const links = (await readdir(folder)).map((name) => readlink(join(folder, name)).catch(() => ''));
  return (await Promise.all(links)).includes('anon_inode:inotify');
}
