import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { agents, type Agent } from '../support/agents.ts';
import { isAlive } from '../support/is-alive.ts';
import { outcomeIn, runAgent, startAgent } from '../support/run-agent.ts';
import { scratch } from '../support/scratch.ts';
import { afterScript, startedBy } from '../support/surroundings.ts';
import { waitUntil } from '../support/wait-until.ts';
import { memoryLimit, need } from './builds.ts';

const GIGABYTE = 1_000_000_000;

describe.each(agents)('the $name whose standard streams are all closed', (agent) => {
  const closed = startedBy(agent, 'sh', '-c', 'exec "$@" <&- >&- 2>&-', 'sh');

  it('writes nothing of its own into the files that it opens', async () => {
    const directory = await scratch();
    const log = join(directory, 'log');
    const flags = ['--post', directory, '--out', log, '--err', log];
    const seen = await runAgent(closed, [...flags, '--', '/no/such/command']);
    expect(seen).toMatchObject({ exitCode: 127 });
    expect(await readFile(log, 'utf8')).toBe('');
    expect(await outcomeIn(directory)).toMatchObject({ outcome: 'Failed', reason: 'CommandNotFound' });
  });

  it('keeps them closed for the command', async (test) => {
    await need(test, { agent, ability: 'leave closed streams closed' });
    const file = join(await scratch(), 'open');
    // The shell opens 3 for the file, and `ls` one more for the directory.
    const seen = await runAgent(closed, ['--', 'sh', '-c', `exec 9>'${file}'; ls /proc/self/fd >&9`]);
    expect(seen).toMatchObject({ exitCode: 0 });
    expect((await readFile(file, 'utf8')).split('\n')).not.toContain('2');
  });
});

describe.each(agents)('a command of the $name on a terminal', (agent) => {
  it('reads what is typed, and ends with its own code', async () => {
    const seen = await onTerminal(agent, 'echo >"$READY"; read line; echo "<$line>"; exit 5', 'typed\\n');
    expect(seen).toMatchObject({ exitCode: 5 });
    expect(seen.stdout).toContain('<typed>');
  });

  it('hears Ctrl-C, once', async () => {
    const script = `trap 'echo heard; heard=1' INT; echo >"$READY"; i=0
      until [ -n "$heard" ] || [ $((i += 1)) -gt 500 ]; do sleep 0.02; done
      sleep 0.2; exit 6`;
    const seen = await onTerminal(agent, script, '\\003');
    expect(seen).toMatchObject({ exitCode: 6 });
    expect(seen.stdout.match(/heard/g)).toHaveLength(1);
  });
});

describe.each(agents)('the output of the $name', (agent) => {
  it('that nobody reads does not keep SIGTERM from the command', async () => {
    const directory = await scratch();
    const [pipe, log, told] = ['pipe', 'log', 'told'].map((name) => join(directory, name));
    // A pipe that has a reader, who never reads.
    const unread = afterScript(agent, `mkfifo '${pipe}'; exec 1<>'${pipe}'`);
    const script = `trap 'echo >"$1"; kill $!; exit 5' TERM; yes & echo $! >"$1.pid"; wait`;
    const running = startAgent(unread, ['--out', String(log), '--', 'sh', '-c', script, 'sh', String(told)]);
    const yes = await waitUntil('yes runs', () => readFile(`${told}.pid`, 'utf8').catch(() => ''));
    await waitUntil('yes is held up', () => sleepsOn(Number(yes)));
    running.kill('SIGTERM');
    await waitUntil('the command was told', () => stat(String(told)).catch(() => undefined));
    expect(await running).toMatchObject({ exitCode: 5 });
  });

  it('is whole when the reader of the stream is slower than the command by seconds', async () => {
    const log = join(await scratch(), 'log');
    const piped = startedBy(agent, 'sh', '-c', '"$@" | { sleep 4; cat; }', 'sh');
    const seen = await runAgent(piped, ['--out', log, '--', 'seq', '27000']);
    expect(seen.stdout.split('\n')).toHaveLength(27_001);
    expect(seen.stderr).toBe('');
  });

  it('is whole when its stream does not block', async (test) => {
    await need(test, { machine: ['python'] });
    const log = join(await scratch(), 'log');
    // What a reader takes only after the pipe was full for long.
    const script = `import fcntl, os, sys
fcntl.fcntl(1, fcntl.F_SETFL, fcntl.fcntl(1, fcntl.F_GETFL) | os.O_NONBLOCK)
os.execvp(sys.argv[1], sys.argv[1:])`;
    const placed = startedBy(agent, 'sh', '-c', `python3 -c '${script}' "$@" | { sleep 1; wc -c; }`, 'sh');
    const seen = await runAgent(placed, ['--out', log, '--', 'head', '-c', '2000001', '/dev/zero']);
    expect(seen).toMatchObject({ exitCode: 0, stdout: '2000001\n', stderr: '' });
    expect((await stat(log)).size).toBe(2_000_001);
  });

  it('that nobody takes ends the wait once the step is told to end, and the loss is said', async () => {
    const directory = await scratch();
    const pipe = join(directory, 'pipe');
    const unread = afterScript(agent, `mkfifo '${pipe}'; exec 1<>'${pipe}'`);
    const flags = ['--out', join(directory, 'log'), '--post', directory];
    // 100,000 bytes: the command gets rid of them, its stream takes 65,536.
    const script = `head -c 100000 /dev/zero; echo >'${directory}/over'; exit 3`;
    const running = startAgent(unread, [...flags, '--', 'sh', '-c', script]);
    await waitUntil('the command is over', () => stat(join(directory, 'over')).catch(() => undefined));
    running.kill('SIGTERM');
    const seen = await running;
    expect(seen.stderr).toMatch(
      /the copy of the output is not complete: .* not all of the last .* were taken in time\n$/,
    );
    expect(await outcomeIn(directory)).toMatchObject({ message: expect.stringContaining('output is lost') });
  });

  it('of a process that the command left behind is copied while it goes on', async () => {
    const log = join(await scratch(), 'log');
    const script = '(for i in 1 2 3 4; do sleep 1; echo $i; done) & exit 3';
    const seen = await runAgent(agent, ['--out', log, '--', 'sh', '-c', script]);
    expect(seen).toMatchObject({ exitCode: 3, stdout: '1\n2\n3\n4\n', stderr: '' });
  });

  it('is whole in the file also when the reader of the stream goes away, and the loss is said', async () => {
    const directory = await scratch();
    const log = join(directory, 'log');
    const script = `read line; head -c 10000000 /dev/zero; exit 4`;
    const piped = startedBy(agent, 'sh', '-c', `{ "$@"; echo $? >'${directory}/code'; } | true`, 'sh');
    const seen = await runAgent(piped, ['--out', log, '--', 'sh', '-c', script], { input: 'go\n' });
    expect(seen.stderr).toContain('standard output: broken pipe (EPIPE); 10000000 bytes are lost');
    const code = await waitUntil('it is over', () => readFile(`${directory}/code`, 'utf8').catch(() => ''));
    expect(code).toBe('4\n');
    expect((await stat(log)).size).toBe(10_000_000);
  });

  it('of a gigabyte takes no memory', async (test) => {
    await need(test, { machine: ['root', 'namespaces'] });
    const directory = await scratch();
    const disk = `mount -t tmpfs -o size=1100m tmpfs '${directory}'\nexec >/dev/null`;
    const placed = startedBy(afterScript(agent, disk), 'unshare', '--mount');
    const script = `head -c ${GIGABYTE} /dev/zero; stat -c %s "$1" >&2; grep VmHWM /proc/$PPID/status >&2`;
    const log = join(directory, 'log');
    const seen = await runAgent(placed, ['--out', log, '--', 'sh', '-c', script, 'sh', log]);
    expect(seen).toMatchObject({ exitCode: 0 });
    const [, size, peak] = /^(\d+)\nVmHWM:\s*(\d+) kB\n$/.exec(seen.stderr) ?? [];
    expect(Number(size)).toBeGreaterThan(0.99 * GIGABYTE);
    expect(Number(peak) / 1024).toBeLessThanOrEqual(memoryLimit(agent));
  });

  it.each([
    ['session', 'setsid sleep 300 &'],
    ['process group', 'set -m; sleep 300 &'],
  ])('is not awaited for ever when a grandchild in another %s keeps it open', async (_, start) => {
    const directory = await scratch();
    const [log, pid] = [join(directory, 'log'), join(directory, 'pid')];
    const script = `${start.replace('&', '2>/dev/null &')} echo $! >'${pid}'; echo said; exit 3`;
    // The agent's own stream goes to a file: the grandchild holds only the pipe between it and the agent.
    const seen = await runAgent(agent, ['--out', log, '--', 'sh', '-c', script]);
    // It outlasts the test, unless the agent ended it: a build that is a subreaper does, once the wait is over.
    const grandchild = Number(await readFile(pid, 'utf8'));
    if (isAlive(grandchild)) process.kill(grandchild, 'SIGKILL');
    expect(seen).toMatchObject({ exitCode: 3, stdout: 'said\n' });
    expect(await readFile(log, 'utf8')).toBe('said\n');
  });
});

/** Runs a shell script as the agent's command on a terminal of its own; what is typed is in printf's notation. */
async function onTerminal(agent: Agent, script: string, typed: string) {
  const ready = join(await scratch(), 'ready');
  const words = [...agent.command, '--', 'sh', '-c', script];
  const line = words.map((word) => `'${word.replaceAll("'", `'\\''`)}'`).join(' ');
  const typist = `until [ -e "$READY" ]; do sleep 0.02; done; printf '${typed}'`;
  const terminal = `{ ${typist}; } | script --quiet --return --command "$1" /dev/null`;
  const started: Agent = { name: agent.name, command: ['sh', '-c', terminal, 'sh', `exec ${line}`] };
  return runAgent(started, [], { env: { SHELL: '/bin/sh', READY: ready } });
}

/** Whether the process sleeps each time of ten that it is looked at. */
async function sleepsOn(pid: number): Promise<boolean> {
  for (let look = 0; look < 10; look++) {
    if (!/^State:\s+S/m.test(await readFile(`/proc/${pid}/status`, 'utf8'))) return false;
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
  return true;
}
