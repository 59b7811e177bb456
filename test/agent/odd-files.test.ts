import { mkdir, open, readFile, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { describe, expect, it, onTestFinished } from 'vitest';
import { agents } from '../support/agents.ts';
import { hear } from '../support/hear.ts';
import { watching } from '../support/processes.ts';
import { startAgent } from '../support/run-agent.ts';
import { scratch } from '../support/scratch.ts';
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

async function makeFifo(path: string): Promise<void> {
  await execa('sh', ['-c', 'mkfifo "$1"', 'sh', path]);
}

async function makeHeldFifo(path: string): Promise<void> {
  await makeFifo(path);
  const writer = await open(path, 'r+');
  onTestFinished(() => writer.close());
}
