import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { agents } from '../support/agents.ts';
import { outcomeIn, runAgent, startAgent } from '../support/run-agent.ts';
import { scratch } from '../support/scratch.ts';

describe.each(agents)('--workdir of the $name', (agent) => {
  it('is entered when the turn has come, not before', async () => {
    const root = await scratch();
    const order = join(root, 'order');
    const workdir = join(root, 'made', 'late');
    // Relative paths of its own flags are those of the agent.
    const flags = ['--wait', 'order', '--waitcontent', '1', '--post', 'run', '--workdir', workdir];
    await mkdir(join(root, 'run'));
    const running = startAgent(agent, [...flags, '--', 'pwd'], { cwd: root });
    await mkdir(workdir, { recursive: true });
    await writeFile(order, '1');
    expect(await running).toMatchObject({ exitCode: 0, stdout: `${workdir}\n` });
    expect(await outcomeIn(join(root, 'run'))).toMatchObject({ outcome: 'Succeeded' });
  });

  it('is where a command with a relative path is looked for', async () => {
    const root = await scratch();
    await writeFile(join(root, 'tool'), '#!/bin/sh\necho ran\n', { mode: 0o755 });
    expect(await runAgent(agent, ['--workdir', root, '--', './tool'])).toMatchObject({
      exitCode: 0,
      stdout: 'ran\n',
    });
  });

  it.each([
    ['is not there', 'missing', 'no such file or directory (ENOENT); an earlier step has to make it'],
    ['is a file', 'file', 'not a directory (ENOTDIR)'],
  ])('that %s ends the step, and says so', async (_, name, why) => {
    const root = await scratch();
    await writeFile(join(root, 'file'), '');
    const workdir = join(root, name);
    const seen = await runAgent(agent, ['--post', root, '--workdir', workdir, '--', 'true']);
    expect(seen.exitCode).toBe(126);
    expect(await outcomeIn(root)).toMatchObject({
      outcome: 'Failed',
      exitCode: 126,
      reason: 'NoWorkingDirectory',
      message: `cannot run in the workingDir ${workdir}: ${why}`,
    });
  });

  it('that is relative is none', async () => {
    const root = await scratch();
    const seen = await runAgent(agent, ['--post', root, '--workdir', 'src', '--', 'true'], { cwd: root });
    expect(seen.exitCode).toBe(126);
    expect(await outcomeIn(root)).toMatchObject({
      message: 'cannot run in the workingDir src: not an absolute path (EINVAL)',
    });
  });
});
