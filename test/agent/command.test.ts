import { chmod, mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { agents, staticAgent } from '../support/agents.ts';
import { isAlive } from '../support/is-alive.ts';
import { outcomeIn, runAgent } from '../support/run-agent.ts';
import { scratch } from '../support/scratch.ts';
import { afterScript } from '../support/surroundings.ts';
import { waitUntil } from '../support/wait-until.ts';

/** Prints each argument between brackets, NUL-free, so that every byte shows. */
const SHOW_ARGS = ['sh', '-c', 'for arg; do printf "[%s]" "$arg"; done', 'show'];

describe.each(agents)('the command of the $name', (agent) => {
  it.each([
    ['spaces, quotes and newlines', ['a b', '"c"', "'d'", 'e\nf', '$HOME `id` \\']],
    ['empty strings', ['', 'x', '']],
    ['leading dashes, and the agent’s own flags', ['--', '-c', '--wait', '--command', '--help', '--version']],
    ['letters of many languages', ['żółć', '日本語', '🙂']],
  ])('gets its arguments untouched: %s', async (_, args) => {
    const seen = await runAgent(agent, ['--command', ...SHOW_ARGS, ...args]);
    expect(seen).toMatchObject({ exitCode: 0, stdout: args.map((arg) => `[${arg}]`).join('') });
  });

  it('gets a megabyte of arguments', async () => {
    const args = Array.from({ length: 10 }, (_, i) => String(i).repeat(100_000));
    const seen = await runAgent(agent, ['--', 'sh', '-c', 'printf "%s" "$@" | wc -c', 'count', ...args]);
    expect(seen.stdout.trim()).toBe('1000000');
  });

  it('gets the environment as it is', async () => {
    const env = { TASKFLOW_TEST: 'a b\n"c" =d', EMPTY: '' };
    const seen = await runAgent(
      agent,
      ['--', 'sh', '-c', 'printf "%s|%s" "$TASKFLOW_TEST" "${EMPTY-unset}"'],
      { env },
    );
    expect(seen.stdout).toBe('a b\n"c" =d|');
  });

  it('is looked up in the PATH of that environment', async () => {
    const bin = await scratch();
    await writeFile(join(bin, 'only-here'), '#!/bin/sh\necho found\n');
    await chmod(join(bin, 'only-here'), 0o755);
    const seen = await runAgent(agent, ['--', 'only-here'], { env: { PATH: `/nonexistent:${bin}` } });
    expect(seen).toMatchObject({ exitCode: 0, stdout: 'found\n' });
  });

  it('gets standard input', async () => {
    const seen = await runAgent(agent, ['--', 'cat'], { input: 'through and through' });
    expect(seen.stdout).toBe('through and through');
  });

  it('keeps its output streams apart, and the agent adds nothing to them', async () => {
    const seen = await runAgent(agent, ['--out', 'stdout', '--', 'sh', '-c', 'echo out; echo err >&2']);
    expect(seen).toMatchObject({ stdout: 'out\n', stderr: 'err\n' });
  });

  it('runs in a process group of its own', async () => {
    const seen = await runAgent(agent, ['--', 'sh', '-c', 'ps -o pgid= -p $$; echo $$']);
    const [group, pid] = seen.stdout.trim().split(/\s+/);
    expect(group).toBe(pid);
  });

  it('has its output also in files, appended, with their directories made', async () => {
    const directory = await scratch();
    await mkdir(join(directory, 'logs'));
    await writeFile(join(directory, 'logs/err'), 'before\n');
    const files = ['--out', join(directory, 'new/logs/out'), '--err', join(directory, 'logs/err')];
    const seen = await runAgent(agent, [...files, '--', 'sh', '-c', 'echo one; echo two >&2']);
    expect(seen).toMatchObject({ exitCode: 0, stdout: 'one\n', stderr: 'two\n' });
    expect(await readFile(join(directory, 'new/logs/out'), 'utf8')).toBe('one\n');
    expect(await readFile(join(directory, 'logs/err'), 'utf8')).toBe('before\ntwo\n');
  });

  it('has megabytes of output whole in both places', async () => {
    const file = join(await scratch(), 'out');
    const seen = await runAgent(agent, ['--out', file, '--', 'sh', '-c', 'yes | head -c 20000000']);
    expect(seen.stdout).toHaveLength(20_000_000);
    expect((await stat(file)).size).toBe(20_000_000);
  });

  it('cannot be held up by a grandchild that keeps the output open', async () => {
    const file = join(await scratch(), 'out');
    const seen = await runAgent(agent, [
      '--out',
      file,
      '--',
      'sh',
      '-c',
      'sleep 40 2>/dev/null & echo pid $!; exit 3',
    ]);
    expect(seen.exitCode).toBe(3);
    const pid = Number(/pid (\d+)/.exec(seen.stdout)?.[1]);
    await waitUntil('the grandchild is gone', () => !isAlive(pid));
  });

  it('runs to its end when a file of its output is full, and the loss is said', async () => {
    const seen = await runAgent(agent, [
      '--out',
      '/dev/full',
      '--',
      'sh',
      '-c',
      'echo a; sleep 0.2; echo b; exit 3',
    ]);
    expect(seen).toMatchObject({ exitCode: 3, stdout: 'a\nb\n' });
    expect(seen.stderr).toMatch(
      /^taskflow-agent: the copy of the output is not complete: \/dev\/full: no space left/,
    );
  });

  it('says so when a stream does not take its output, in the outcome too, and keeps its exit code', async () => {
    const directory = await scratch();
    const flags = ['--post', directory, '--out', join(directory, 'log')];
    const seen = await runAgent(afterScript(agent, 'exec >/dev/full'), [...flags, '--', 'echo', 'ran']);
    expect(seen.exitCode).toBe(0);
    const loss = 'standard output: no space left on device (ENOSPC); 4 bytes are lost';
    expect(seen.stderr).toBe(`taskflow-agent: the copy of the output is not complete: ${loss}\n`);
    expect(await outcomeIn(directory)).toMatchObject({
      outcome: 'Succeeded',
      message: `exit code 0; output is lost: ${loss}`,
    });
    expect(await readFile(join(directory, 'log'), 'utf8')).toBe('ran\n');
  });

  it('says so when the file of its output cannot be opened, and does not run', async () => {
    const directory = await scratch();
    const flags = ['--post', directory, '--out', '/etc/passwd/out'];
    const seen = await runAgent(agent, [...flags, '--', 'echo', 'ran']);
    expect(seen).toMatchObject({ exitCode: 125, stdout: '' });
    expect(seen.stderr).toMatch(/^taskflow-agent: \/etc\/passwd\/out: not a directory \(ENOTDIR\)\n$/);
    // Those behind it hear of it too.
    expect(await outcomeIn(directory)).toMatchObject({
      outcome: 'Error',
      exitCode: 125,
      reason: 'AgentFailed',
    });
  });
});

describe('the command of the static agent', () => {
  it('gets its arguments byte for byte, also when they are no UTF-8', async () => {
    const script = `exec "$1" -- sh -c 'printf "%s" "$1" | od -An -tx1' show "$(printf '\\377\\200\\303')"`;
    const seen = await runAgent({ name: 'sh', command: ['sh', '-c', script, 'sh'] }, [
      staticAgent.command[0],
    ]);
    expect(seen.stdout.trim()).toBe('ff 80 c3');
  });
});
