import { readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { agents, nodeAgent, staticAgents } from '../support/agents.ts';
import { runAgent } from '../support/run-agent.ts';
import { scratch } from '../support/scratch.ts';
import { movedTo } from '../support/surroundings.ts';
import packageJson from '../../package.json' with { type: 'json' };

describe.each(agents)('the $name', (agent) => {
  it('tells its version', async () => {
    const seen = await runAgent(agent, ['--version']);
    expect(seen).toMatchObject({
      exitCode: 0,
      stdout: `taskflow-agent ${packageJson.version}\n`,
      stderr: '',
    });
  });

  it('explains every flag', async () => {
    const { exitCode, stdout } = await runAgent(agent, ['--help']);
    expect(exitCode).toBe(0);
    for (const flag of [
      'wait',
      'waitcontent',
      'quit',
      'gate',
      'after',
      'post',
      'out',
      'err',
      'grace',
      'pause-before',
      'resume',
      'dry-run',
    ]) {
      expect(stdout).toMatch(new RegExp(`^  --${flag}\\b`, 'm'));
    }
  });
});

describe.each(staticAgents)('install of the $name', (agent) => {
  it('puts itself, runnable by anybody, into a directory that it makes', async () => {
    const directory = join(await scratch(), 'a/b');
    for (const _ of ['once', 'twice is fine']) {
      expect(await runAgent(agent, ['install', directory])).toMatchObject({ exitCode: 0, stderr: '' });
    }
    expect(await readdir(directory)).toEqual(['agent']);
    const copy = join(directory, 'agent');
    expect((await stat(copy)).mode & 0o7777).toBe(0o555);
    expect((await readFile(copy)).equals(await readFile(agent.command.at(-1) ?? ''))).toBe(true);
    expect(await runAgent(movedTo(copy, agent), ['--', 'echo', 'runs'])).toMatchObject({
      stdout: 'runs\n',
    });
  });

  it('says why it cannot', async () => {
    const file = join(await scratch(), 'file');
    await writeFile(file, '');
    const seen = await runAgent(agent, ['install', file]);
    expect(seen.exitCode).toBe(125);
    expect(seen.stderr).toMatch(/^taskflow-agent: .*: not a directory \(ENOTDIR\)\n$/);
  });

  it('is not what the Node agent can do', async () => {
    const seen = await runAgent(nodeAgent, ['install', await scratch()]);
    expect(seen.exitCode).toBe(125);
    expect(seen.stderr).toContain('only the static agent can copy itself');
  });
});
