import { chmod, copyFile, open, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { describe, expect, it, onTestFinished } from 'vitest';
import { agents, staticAgent, type Agent } from '../support/agents.ts';
import { hear } from '../support/hear.ts';
import { BUSYBOX } from '../support/machine.ts';
import { memoryCgroup } from '../support/memory-cgroup.ts';
import { watching } from '../support/processes.ts';
import { outcomeIn, runAgent, startAgent } from '../support/run-agent.ts';
import { scratch } from '../support/scratch.ts';
import { afterScript, asUser, openCopy, openScratch, startedBy, STRANGER } from '../support/surroundings.ts';
import { waitUntil } from '../support/wait-until.ts';
import { lacking, need } from './builds.ts';

/** Where an ELF header has the machine that the program is for. */
const ELF_MACHINE = 18;

describe.each(agents)('the $name in a memory cgroup of 4 MB', (agent) => {
  it('waits and runs a command', async (test) => {
    await need(test, { agent, ability: 'run in 4 MB', machine: ['root', 'busybox'] });
    const group = await memoryCgroup(4 * 1024 * 1024);
    if ('missing' in group) return lacking(test, group.missing);
    const directory = await scratch();
    const flags = ['--wait', join(directory, 'order'), '--waitcontent', '1', '--post', directory];
    const placed = afterScript(agent, `echo $$ >'${group.procs}'`);
    const running = startAgent(placed, [...flags, '--', BUSYBOX, 'true']);
    await watching(running.pid);
    await writeFile(join(directory, 'order'), '1');
    expect(await running).toMatchObject({ exitCode: 0, stderr: '' });
    expect(await outcomeIn(directory)).toMatchObject({ outcome: 'Succeeded' });
  });
});

describe.each(agents)('the $name, when inotify is used up,', (agent) => {
  it.for(['instances', 'watches'])('polls and starts the step: no %s', async (what, test) => {
    await need(test, { machine: ['user namespaces'] });
    const order = join(await scratch(), 'order');
    // The limit of a user namespace of its own: nobody else on the machine feels it.
    const limited = afterScript(agent, `echo 0 >/proc/sys/user/max_inotify_${what}`);
    const placed = startedBy(limited, 'unshare', '--user', '--map-root-user');
    await writeFile(order, 'not yet');
    const running = startAgent(placed, ['--wait', order, '--waitcontent', '1', '--', 'echo', 'ran']);
    const said = hear(running.stderr);
    await waitUntil('it has looked', () => said().includes('expected an integer'));
    await writeFile(order, '1');
    expect(await running).toMatchObject({ exitCode: 0, stdout: 'ran\n' });
  });
});

describe.each(agents)('the $name that is started with many descriptors', (agent) => {
  it.for([1_100, 1_500, 5_000, 19_000])('waits, copies output and hears SIGTERM: %i', async (count, test) => {
    await need(test, { machine: ['bash', '20,000 descriptors'] });
    const placed = withDescriptors(agent, count);
    const directory = await scratch();
    const flags = ['--wait', join(directory, 'order'), '--waitcontent', '1', '--post', directory];
    const waiting = startAgent(placed, [...flags, '--', 'true']);
    await watching(waiting.pid);
    waiting.kill('SIGTERM');
    expect(await waiting).toMatchObject({ exitCode: 122, stderr: '' });

    const ready = join(directory, 'ready');
    const command = ['sh', '-c', 'echo ran; echo >"$1"; exec sleep 60', 'sh', ready];
    const running = startAgent(placed, ['--out', join(directory, 'log'), '--', ...command]);
    await waitUntil('the command runs', () => readFile(ready).catch(() => undefined));
    running.kill('SIGTERM');
    expect(await running).toMatchObject({ exitCode: 143, stdout: 'ran\n', stderr: '' });
  });

  it('hands them on to the command', async (test) => {
    await need(test, { agent, ability: 'hand on descriptors', machine: ['bash', '20,000 descriptors'] });
    const seen = await runAgent(withDescriptors(agent, 1_500), [
      '--',
      'sh',
      '-c',
      'ls /proc/self/fd | wc -l',
    ]);
    expect(Number(seen.stdout)).toBeGreaterThanOrEqual(1_500);
  });
});

describe.each([staticAgent])('the $name that may start no process', (agent) => {
  const COMMAND = ['--', '/bin/echo', 'ran'] as const;

  it('says what it lacks', async (test) => {
    await need(test, { machine: ['root'] });
    const directory = await openScratch();
    await chmod(directory, 0o777);
    const user = asUser(startedBy(await openCopy(agent), 'prlimit', '--nproc=1'), STRANGER);
    const seen = await runAgent(user, ['--post', directory, ...COMMAND]);
    expect(seen).toMatchObject({ exitCode: 126, stdout: '' });
    expect(seen.stderr).toMatch(
      /^taskflow-agent: cannot run \/bin\/echo: resource temporarily unavailable \(EAGAIN\); too many processes .*\n$/,
    );
    expect(await outcomeIn(directory)).toMatchObject({
      outcome: 'Failed',
      reason: 'OutOfResources',
      attempts: 1,
    });
  });

  it('starts it as soon as it may', async (test) => {
    await need(test, { machine: ['root'] });
    const user = asUser(startedBy(await openCopy(agent), 'prlimit', '--nproc=1:100'), STRANGER);
    const running = startAgent(user, COMMAND);
    await waitUntil('it is the agent', async () =>
      (await readFile(`/proc/${running.pid}/cmdline`, 'utf8')).startsWith(user.command.at(-1) ?? '?'),
    );
    // As the same user: root of a container may not raise the limits of another.
    const again = ['--nproc=100:100', '--pid', String(running.pid)];
    await execa('setpriv', [
      `--reuid=${STRANGER}`,
      `--regid=${STRANGER}`,
      '--clear-groups',
      'prlimit',
      ...again,
    ]);
    expect(await running).toMatchObject({ exitCode: 0, stdout: 'ran\n', stderr: '' });
  });
});

describe.each([staticAgent])('the $name that may have few descriptors', (agent) => {
  const limited = (count: number): Agent => startedBy(agent, 'prlimit', `--nofile=${count}`);

  it('runs a command with 8, and with 16 copies its output to two files too', async () => {
    expect(await runAgent(limited(8), ['--', 'echo', 'ran'])).toMatchObject({ exitCode: 0, stdout: 'ran\n' });
    const directory = await scratch();
    const logs = ['--out', join(directory, 'out'), '--err', join(directory, 'err')];
    const seen = await runAgent(limited(16), [...logs, '--', 'echo', 'ran']);
    expect(seen).toMatchObject({ exitCode: 0, stdout: 'ran\n', stderr: '' });
  });

  it('says that there are too few', async () => {
    const directory = await scratch();
    const none = await runAgent(limited(3), ['--', 'true']);
    expect(none.exitCode).toBe(125);
    expect(none.stderr).toMatch(/^taskflow-agent: signalfd: too many open files \(EMFILE\)\n/);
    const one = await runAgent(limited(5), ['--post', directory, '--', 'true']);
    expect(one.exitCode).toBe(126);
    expect(one.stderr).toMatch(
      /^taskflow-agent: cannot run true: too many open files \(EMFILE\); too few are allowed/,
    );
    expect(await outcomeIn(directory)).toMatchObject({ outcome: 'Failed' });
  });
});

describe.each(agents)('a command that the $name cannot execute', (agent) => {
  it.for([
    ['a program for another machine', foreignProgram, 'not a program for this machine'],
    ['a script without #!', scriptWithoutInterpreter, 'or a script without #!'],
  ] as const)('gives 126 and says why: %s', async ([, make, message], test) => {
    await need(test, { agent, ability: 'refuse a script without #!' });
    const seen = await runAgent(agent, ['--', await make()]);
    expect(seen).toMatchObject({ exitCode: 126, stdout: '' });
    expect(seen.stderr).toContain(message);
    expect(seen.stderr).toContain('(ENOEXEC)');
  });

  it('gives 126 and says why: a program that is being written', async () => {
    const program = join(await scratch(), 'program');
    await copyFile(staticAgent.command[0], program);
    const writer = await open(program, 'r+');
    onTestFinished(() => writer.close());
    const seen = await runAgent(agent, ['--', program]);
    expect(seen).toMatchObject({ exitCode: 126, stdout: '' });
    expect(seen.stderr).toMatch(/^taskflow-agent: .*: program file is being written \(ETXTBSY\)\n$/);
  });

  it('gives 126 and says why: a path that is too long', async () => {
    const seen = await runAgent(agent, ['--', `/${'long'.repeat(1_500)}`]);
    expect(seen).toMatchObject({ exitCode: 126, stdout: '' });
    expect(seen.stderr).toMatch(/^taskflow-agent: .*: file name too long \(ENAMETOOLONG\)\n$/);
  });

  it('gives 126 and says why: arguments that are too long', async () => {
    const directory = await scratch();
    const order = join(directory, 'order');
    const args = Array.from({ length: 10 }, (_, i) => String(i).repeat(100_000));
    const flags = ['--wait', order, '--waitcontent', '1', '--post', directory];
    const running = startAgent(agent, [...flags, '--', 'true', ...args]);
    await watching(running.pid);
    // The system takes a quarter of the stack's limit: less now than when the agent itself was started.
    await execa('sh', ['-c', `prlimit --pid=${running.pid} --stack=${2 * 1024 * 1024}`]);
    await writeFile(order, '1');
    const seen = await running;
    expect(seen).toMatchObject({ exitCode: 126, stdout: '' });
    expect(seen.stderr).toBe(
      'taskflow-agent: cannot run true: argument list too long (E2BIG); an argument or a variable has at most 128 KiB, all together a quarter of the stack (ulimit -s)\n',
    );
    expect(await outcomeIn(directory)).toMatchObject({ outcome: 'Failed', reason: 'CommandNotExecutable' });
  });
});

describe.each(agents)('the $name', (agent) => {
  it('hands on a megabyte of environment', async () => {
    const names = Array.from({ length: 10 }, (_, i) => `BIG_${i}`);
    const env = Object.fromEntries(names.map((name) => [name, 'x'.repeat(100_000)]));
    const script = `printf %s ${names.map((name) => `"$${name}"`).join('')} | wc -c`;
    const seen = await runAgent(agent, ['--', 'sh', '-c', script], { env });
    expect(seen).toMatchObject({ exitCode: 0, stderr: '' });
    expect(Number(seen.stdout)).toBe(1_000_000);
  });

  it('runs where its working directory is gone', async (test) => {
    await need(test, { agent, ability: 'run where its directory is gone' });
    const gone = `${await scratch()}/gone`;
    const placed = afterScript(agent, `mkdir '${gone}'; cd '${gone}'; rmdir '${gone}'`);
    const seen = await runAgent(placed, ['--', 'echo', 'ran']);
    expect(seen).toMatchObject({ exitCode: 0, stdout: 'ran\n', stderr: '' });
  });

  it('keeps its deadlines on a machine that has been up for ten years', async (test) => {
    await need(test, { machine: ['time namespaces'] });
    const placed = startedBy(agent, 'unshare', '--time', '--fork', '--kill-child', '--monotonic=315360000');
    const script = 'sleep 0.1; echo not at once; sleep 300';
    const seen = await runAgent(placed, ['--timeout', '1s', '--', 'sh', '-c', script]);
    expect(seen).toMatchObject({ exitCode: 124, stdout: 'not at once\n' });
  });
});

function withDescriptors(agent: Agent, count: number): Agent {
  const script = `ulimit -n "$(ulimit -Hn)"; for ((i = 0; i < ${count}; i++)); do exec {fd}</dev/null; done`;
  return startedBy(agent, 'bash', '-euc', `${script}; exec "$@"`, 'bash');
}

async function foreignProgram(): Promise<string> {
  const program = join(await scratch(), 'program');
  const bytes = await readFile(staticAgent.command[0]);
  bytes.writeUInt16LE(0x7fff, ELF_MACHINE);
  await writeFile(program, bytes, { mode: 0o755 });
  return program;
}

async function scriptWithoutInterpreter(): Promise<string> {
  const program = join(await scratch(), 'script');
  await writeFile(program, 'echo ran\n', { mode: 0o755 });
  return program;
}
