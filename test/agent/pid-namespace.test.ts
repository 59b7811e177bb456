import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { agents, type Agent } from '../support/agents.ts';
import { childOf, processesWith, watching } from '../support/processes.ts';
import { outcomeIn, runAgent, startAgent } from '../support/run-agent.ts';
import { scratch } from '../support/scratch.ts';
import { asPid1 } from '../support/surroundings.ts';
import { waitUntil } from '../support/wait-until.ts';
import { need } from './builds.ts';

const NAMESPACES = ['root', 'namespaces'] as const;

/** Makes 1,000 orphans, has all of them end at once, and waits until its parent has taken in every one. */
const ORPHANAGE = `
children() { grep -l "^PPid:[[:space:]]$PPID\\$" /proc/[0-9]*/status 2>/dev/null | wc -l; }
cd "$1"; mkfifo gate; exec 3<>gate
i=0; while [ $i -lt 1000 ]; do (read line <gate &); i=$((i + 1)); done
echo handed over $(($(children) - 1))
yes '' | head -n 1000 >&3
until [ "$(children)" -eq 1 ]; do sleep 0.05; done
echo none is left
exit 7`;

describe.each(agents)('the $name', (agent) => {
  it.for([
    ['as PID 1', asPid1, { ability: 'reap orphans', machine: NAMESPACES }],
    ['as a subreaper', (same: Agent) => same, { ability: 'be a subreaper' }],
  ] as const)('reaps a thousand orphans while the command runs, %s', async ([, placed, needs], test) => {
    await need(test, { agent, ...needs });
    const directory = await scratch();
    const seen = await runAgent(placed(agent), ['--', 'sh', '-c', ORPHANAGE, 'sh', directory]);
    expect(seen).toMatchObject({ exitCode: 7, stdout: 'handed over 1000\nnone is left\n', stderr: '' });
  });
});

describe.each(agents)('the $name as PID 1', (agent) => {
  it('is ended at once by SIGTERM while it waits', async (test) => {
    await need(test, { machine: NAMESPACES });
    const directory = await scratch();
    const flags = ['--wait', join(directory, 'order'), '--waitcontent', '1', '--post', directory];
    const running = startAgent(asPid1(agent), [...flags, '--', 'echo', 'ran']);
    const pid = await childOf(running.pid);
    await watching(pid);
    process.kill(pid, 'SIGTERM');
    expect(await running).toMatchObject({ exitCode: 122, stdout: '', stderr: '' });
    expect(await outcomeIn(directory)).toMatchObject({ outcome: 'Cancelled', signal: 'SIGTERM' });
  });

  it('passes SIGTERM on to the command', async (test) => {
    await need(test, { machine: NAMESPACES });
    const directory = await scratch();
    const script = `trap 'echo bye; exit 5' TERM; echo >"$1/ready"; while :; do sleep 0.02; done`;
    const running = startAgent(asPid1(agent), ['--', 'sh', '-c', script, 'sh', directory]);
    await ready(directory);
    process.kill(await childOf(running.pid), 'SIGTERM');
    expect(await running).toMatchObject({ exitCode: 5, stdout: 'bye\n' });
  });

  it('leaves nothing running after the quit order, in whatever session', async (test) => {
    await need(test, { machine: NAMESPACES });
    const directory = await scratch();
    const order = join(directory, 'order');
    await writeFile(order, '1');
    const lasting = `sh -c 'while :; do sleep 1; done' sh "$1"`;
    const script = `${lasting} & setsid ${lasting} & echo >"$1/ready"; wait`;
    const flags = ['--wait', order, '--waitcontent', '1', '--post', directory];
    const running = startAgent(asPid1(agent), [...flags, '--', 'sh', '-c', script, 'sh', directory]);
    await ready(directory);
    await writeFile(order, '-1');
    expect(await running).toMatchObject({ exitCode: 143 });
    expect(await outcomeIn(directory)).toMatchObject({ outcome: 'Cancelled' });
    await waitUntil('nothing runs', async () => (await processesWith(directory)).length === 0);
  });

  it('is not held up by a daemon', async (test) => {
    await need(test, { machine: NAMESPACES });
    const directory = await scratch();
    const script = `(setsid sh -c 'while :; do sleep 1; done' sh "$1" &); exit 9`;
    const seen = await runAgent(asPid1(agent), ['--', 'sh', '-c', script, 'sh', directory]);
    expect(seen).toMatchObject({ exitCode: 9 });
    await waitUntil('nothing runs', async () => (await processesWith(directory)).length === 0);
  });

  it.for([
    ['exit 0', 0],
    ['exit 200', 200],
    ['kill -9 $$', 137],
  ] as const)('hands the exit code out: %s', async ([script, code], test) => {
    await need(test, { machine: NAMESPACES });
    expect(await runAgent(asPid1(agent), ['--', 'sh', '-c', script])).toMatchObject({ exitCode: code });
  });
});

async function ready(directory: string): Promise<void> {
  await waitUntil('the command runs', () => readFile(join(directory, 'ready'), 'utf8').catch(() => ''));
}
