import { copyFile, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { agents, staticAgents, type Agent } from '../support/agents.ts';
import { watching } from '../support/processes.ts';
import { runAgent, startAgent } from '../support/run-agent.ts';
import { scratch } from '../support/scratch.ts';
import { afterScript, movedTo, startedBy } from '../support/surroundings.ts';
import { need } from './builds.ts';

const MACHINE = ['root', 'namespaces'] as const;

/** Runs the agent where `directory` is another file system that the script makes, and lists it afterwards. */
function onDisk(agent: Agent, directory: string, prepare: string): Agent {
  const script = `${prepare}\ncode=0; "$@" || code=$?\nls -A DIR\nexit $code`.replaceAll(
    'DIR',
    `'${directory}'`,
  );
  return startedBy(afterScript(agent, script), 'unshare', '--mount');
}

describe.each(agents)('the run directory of the $name', (agent) => {
  it.for([
    ['full', 'mount -t tmpfs -o size=4k tmpfs DIR; head -c 4096 /dev/zero >DIR/filler', 'ENOSPC', 'filler\n'],
    ['out of inodes', 'mount -t tmpfs -o size=64k,nr_inodes=1 tmpfs DIR', 'ENOSPC', ''],
    ['read-only', 'mount -t tmpfs -o ro tmpfs DIR', 'EROFS', ''],
  ] as const)('that is %s is told in one line, and nothing half is left', async (row, test) => {
    await need(test, { machine: MACHINE });
    const [, prepare, code, left] = row;
    const directory = await scratch();
    const placed = onDisk(agent, directory, prepare);
    const seen = await runAgent(placed, ['--post', directory, '--', 'sh', '-c', 'exit 3']);
    expect(seen).toMatchObject({ exitCode: 125, stdout: left });
    expect(seen.stderr).toMatch(/^taskflow-agent: cannot post the outcome \(Failed, exit code 3\): .*\n$/);
    expect(seen.stderr).toContain(code);
  });
});

describe.each(agents)('the order volume of the $name', (agent) => {
  it('may be read-only', async (test) => {
    await need(test, { machine: MACHINE });
    const directory = await scratch();
    const prepare = 'mount -t tmpfs tmpfs DIR; echo 1 >DIR/order; mount -o remount,ro DIR';
    const flags = ['--wait', join(directory, 'order'), '--waitcontent', '1'];
    const seen = await runAgent(onDisk(agent, directory, prepare), [...flags, '--', 'echo', 'ran']);
    expect(seen).toMatchObject({ exitCode: 0, stdout: 'ran\norder\n', stderr: '' });
  });
});

describe.each(staticAgents)('install of the $name', (agent) => {
  it('on a full disk leaves the old agent, and no temporary file', async (test) => {
    await need(test, { machine: MACHINE });
    const directory = await scratch();
    const prepare = 'mount -t tmpfs -o size=64k tmpfs DIR; echo old >DIR/agent';
    const seen = await runAgent(onDisk(agent, directory, prepare), ['install', directory]);
    expect(seen).toMatchObject({ exitCode: 125, stdout: 'agent\n' });
    expect(seen.stderr).toMatch(/^taskflow-agent: .*: no space left on device \(ENOSPC\)\n$/);
  });

  it('twenty times at once leaves one file, that is whole whenever it is there', async () => {
    const directory = join(await scratch(), 'bin');
    const whole = await readFile(agent.command.at(-1) ?? '');
    const over = new AbortController();
    const installs = Array.from({ length: 20 }, () => runAgent(agent, ['install', directory]));
    const installing = Promise.all(installs).finally(() => over.abort());
    while (!over.signal.aborted) {
      const seen = await readFile(join(directory, 'agent')).catch(() => whole);
      expect(seen.equals(whole)).toBe(true);
    }
    for (const each of await installing) expect(each).toMatchObject({ exitCode: 0, stderr: '' });
    expect(await readdir(directory)).toEqual(['agent']);
  });

  it('over an agent that is waiting lets that one go on', async () => {
    const directory = await scratch();
    const path = join(directory, 'agent');
    await copyFile(agent.command.at(-1) ?? '', path);
    await mkdir(join(directory, 'podinfo'));
    const order = join(directory, 'podinfo/order');
    const running = startAgent(movedTo(path, agent), [
      '--wait',
      order,
      '--waitcontent',
      '1',
      '--',
      'echo',
      'ran',
    ]);
    await watching(running.pid);
    expect(await runAgent(agent, ['install', directory])).toMatchObject({ exitCode: 0, stderr: '' });
    await writeFile(order, '1');
    expect(await running).toMatchObject({ exitCode: 0, stdout: 'ran\n', stderr: '' });
  });

  it('by the installed agent itself, over itself, works too', async () => {
    const directory = await scratch();
    await runAgent(agent, ['install', directory]);
    const installed = movedTo(join(directory, 'agent'), agent);
    expect(await runAgent(installed, ['install', directory])).toMatchObject({ exitCode: 0, stderr: '' });
    expect(await runAgent(installed, ['--', 'echo', 'runs'])).toMatchObject({ stdout: 'runs\n' });
  });
});
