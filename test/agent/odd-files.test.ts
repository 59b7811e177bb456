import { constants } from 'node:fs';
import { mkdir, open, readFile, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { describe, expect, it, onTestFinished } from 'vitest';
import { agents } from '../support/agents.ts';
import { hear } from '../support/hear.ts';
import { watching } from '../support/processes.ts';
import { outcomeIn, runAgent, startAgent } from '../support/run-agent.ts';
import { scratch } from '../support/scratch.ts';
import { afterScript } from '../support/surroundings.ts';
import { waitUntil } from '../support/wait-until.ts';
import { memoryLimit } from './builds.ts';

const ODD = [
  ['a directory', (path: string) => mkdir(path), /is a directory \(EISDIR\); still waiting\n/],
  ['a FIFO', makeFifo, undefined],
  ['a FIFO that a writer holds open', makeHeldFifo, /\(EAGAIN\); still waiting\n/],
  ['an endless device', (path: string) => symlink('/dev/zero', path), /expected an integer.*still waiting\n/],
  ['a link to itself', (path: string) => symlink(path, path), /symbolic links \(ELOOP\); still waiting\n/],
] as const;

describe.each(agents)('the order file of the $name', (agent) => {
  it.each(ODD)('is waited for while there is %s in its place', async (_, make, complaint) => {
    const directory = await scratch();
    const order = join(directory, 'order');
    await make(order);
    const running = startAgent(agent, ['--wait', order, '--waitcontent', '1', '--', 'echo', 'ran']);
    const said = hear(running.stderr);
    if (complaint) await waitUntil('it says what is wrong', () => complaint.test(said()));
    await watching(running.pid);
    for (const each of ['a', 'b', 'c']) await writeFile(join(directory, each), 'look again');
    const memory = /VmHWM:\s*(\d+)/.exec(await readFile(`/proc/${running.pid}/status`, 'utf8'));
    expect(Number(memory?.[1]) / 1024).toBeLessThan(memoryLimit(agent));

    await writeFile(join(directory, 'right'), '1');
    await rm(order, { recursive: true });
    await rename(join(directory, 'right'), order);
    const { exitCode, stdout, stderr } = await running;
    expect({ exitCode, stdout }).toEqual({ exitCode: 0, stdout: 'ran\n' });
    expect(stderr.split('\n')).toHaveLength(complaint ? 2 : 1);
  });
});

const GIVEN = [
  [
    'a FIFO that nobody reads',
    makeFifo,
    { log: 'broken pipe (EPIPE)', end: 'no such device or address (ENXIO)' },
  ],
  [
    'a FIFO whose reader takes nothing',
    makeFullFifo,
    { log: 'bytes were taken in time', end: 'resource temporarily unavailable (EAGAIN)' },
  ],
  [
    'a full device',
    (path: string) => symlink('/dev/full', path),
    { log: 'no space left on device (ENOSPC)', end: 'no space left on device (ENOSPC)' },
  ],
] as const;

describe.each(agents)('what the $name is given to write to', (agent) => {
  it.each(GIVEN)('does not hold it up: %s', async (_, make, says) => {
    const directory = await scratch();
    const path = join(directory, 'given');
    await make(path);
    const flags = ['--post', directory, '--timeout', '1s', '--grace', '1s'];
    const log = await runAgent(agent, [...flags, '--out', path, '--', 'sh', '-c', 'echo ran; exit 3']);
    expect(log).toMatchObject({ exitCode: 3, stdout: 'ran\n' });
    expect(log.stderr).toContain(says.log);
    expect((await outcomeIn(directory)).message).toContain(says.log);
    await rm(join(directory, 'outcome.json'));

    const end = await runAgent(agent, [...flags, '--termination-log', path, '--', 'sh', '-c', 'exit 3']);
    expect(end.exitCode).toBe(3);
    expect(end.stderr).toBe(`taskflow-agent: the termination log is not written: ${path}: ${says.end}\n`);
  });

  it('is copied to once somebody reads it: a FIFO', async () => {
    const path = join(await scratch(), 'fifo');
    await makeFifo(path);
    const reading = execa('cat', [path]);
    const seen = await runAgent(agent, ['--out', path, '--', 'sh', '-c', 'sleep 0.5; echo ran']);
    expect(seen).toMatchObject({ exitCode: 0, stderr: '' });
    expect((await reading).stdout).toBe('ran');
  });

  it('may be a standard error that is full', async () => {
    const directory = await scratch();
    const fifo = join(directory, 'fifo');
    await makeFullFifo(fifo);
    const placed = afterScript(agent, `exec 2<>'${fifo}'`);
    const seen = await runAgent(placed, ['--post', directory, '--', '/no/such']);
    expect(seen.exitCode).toBe(127);
    expect(await outcomeIn(directory)).toMatchObject({ reason: 'CommandNotFound' });
  });

  it('is not called written when it is full: standard output', async () => {
    const seen = await runAgent(afterScript(agent, 'exec >/dev/full'), ['--version']);
    expect(seen.exitCode).toBe(125);
    expect(seen.stderr).toBe('taskflow-agent: standard output: no space left on device (ENOSPC)\n');
  });
});

/** A FIFO that somebody holds open, full. */
async function makeFullFifo(path: string): Promise<void> {
  await makeHeldFifo(path);
  const writer = await open(path, constants.O_WRONLY | constants.O_NONBLOCK);
  onTestFinished(() => writer.close());
  const full = async (): Promise<boolean> =>
    writer.write(Buffer.alloc(4096)).then(
      () => false,
      () => true,
    );
  while (!(await full()));
}

async function makeFifo(path: string): Promise<void> {
  await execa('sh', ['-c', 'mkfifo "$1"', 'sh', path]);
}

async function makeHeldFifo(path: string): Promise<void> {
  await makeFifo(path);
  const writer = await open(path, 'r+');
  onTestFinished(() => writer.close());
}
