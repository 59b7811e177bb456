import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { describe, expect, it, onTestFinished } from 'vitest';
import { agents } from '../support/agents.ts';
import { processesWith } from '../support/processes.ts';
import { runAgent, startAgent } from '../support/run-agent.ts';
import { scratch } from '../support/scratch.ts';
import { waitUntil } from '../support/wait-until.ts';
import { need } from './builds.ts';

/** Lives on until it is killed; its argument, the test's directory, is how it is found. */
const LASTING = `#!/bin/sh
trap '' TERM HUP
echo $$ >>"$1/pids"
echo >>"$1/left"
while :; do sleep 0.1; done
`;

/** How a command leaves something behind. */
const WAYS = [
  ['in its group', '"$1/lasting" "$1" &'],
  ['in a group of its own', `bash -mc '"$1/lasting" "$1" &' bash "$1" 2>/dev/null`],
  ['by a double fork', '("$1/lasting" "$1" &)'],
  ['in a session of its own', 'setsid "$1/lasting" "$1" &'],
  ['by a double fork, in a session of its own', '(setsid "$1/lasting" "$1" &)'],
  ['with an empty environment', '(env -i PATH="$PATH" setsid "$1/lasting" "$1" &)'],
] as const;

const UNTIL_LEFT = 'until [ -s "$1/left" ]; do sleep 0.02; done';

describe.each(agents)('what a command leaves behind, with the $name,', (agent) => {
  const own = async () => {
    const directory = await scratch();
    await writeFile(join(directory, 'lasting'), LASTING, { mode: 0o755 });
    onTestFinished(async () => {
      for (const pid of await processesWith(directory)) process.kill(pid, 'SIGKILL');
    });
    return directory;
  };

  it.for(WAYS)('ends with it: %s', async ([how, leave], test) => {
    await need(test, { agent, ability: `end what was left ${how}` });
    const directory = await own();
    const seen = await runAgent(agent, ['--', 'sh', '-c', `${leave}\n${UNTIL_LEFT}`, 'sh', directory]);
    expect(seen).toMatchObject({ exitCode: 0, stderr: '' });
    expect(await processesWith(directory)).toEqual([]);
  });

  it.for(WAYS)('is over when the next attempt begins: %s', async ([how, leave], test) => {
    await need(test, { agent, ability: `end what was left ${how}` });
    const directory = await own();
    // Each attempt says how many of those live that the attempts before it left.
    const count = `n=0; for p in $(cat "$1/pids" 2>/dev/null); do grep -qs lasting /proc/$p/cmdline && n=$((n + 1)); done`;
    const script = `${count}; echo $n; rm -f "$1/left"; ${leave}\n${UNTIL_LEFT}; exit 5`;
    const retries = ['--retries', '2', '--retry-delay', '1ms'];
    const seen = await runAgent(agent, [...retries, '--', 'sh', '-c', script, 'sh', directory]);
    expect(seen).toMatchObject({ exitCode: 5, stdout: '0\n0\n0\n' });
    expect(await processesWith(directory)).toEqual([]);
  });

  it.for(WAYS)('ends when the step is stopped: %s', async ([how, leave], test) => {
    await need(test, { agent, ability: `end what was left ${how}` });
    const directory = await own();
    const script = `${leave}\n${UNTIL_LEFT}; exec sleep 300`;
    const running = startAgent(agent, ['--', 'sh', '-c', script, 'sh', directory]);
    await waitUntil('it is left', () => readFile(join(directory, 'left'), 'utf8').catch(() => ''));
    running.kill('SIGTERM');
    await running;
    expect(await processesWith(directory)).toEqual([]);
  });

  it('is hunted down, however quickly it forks', async (test) => {
    await need(test, { agent, ability: 'be a subreaper' });
    const directory = await own();
    const forker = join(directory, 'forker');
    await writeFile(forker, '#!/bin/sh\necho >>"$1/left"\nsetsid "$0" "$1" &\n', { mode: 0o755 });
    const script = `${forker} "$1"; until [ "$(wc -l <"$1/left")" -gt 20 ]; do sleep 0.02; done`;
    expect(await runAgent(agent, ['--', 'sh', '-c', script, 'sh', directory])).toMatchObject({ exitCode: 0 });
    expect(await processesWith(directory)).toEqual([]);
  });

  it('is all that ends: what somebody else started lives on', async (test) => {
    await need(test, { agent, ability: 'end what was left in its group' });
    const directory = await own();
    const other = execa('sh', ['-c', 'while :; do sleep 0.1; done', 'sh', directory], { reject: false });
    onTestFinished(() => void other.kill('SIGKILL'));
    const seen = await runAgent(agent, ['--', 'sh', '-c', `${WAYS[0][1]}\n${UNTIL_LEFT}`, 'sh', directory]);
    expect(seen.exitCode).toBe(0);
    expect(await processesWith(directory)).toContain(other.pid);
  });
});
