import { chmod, chown, mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { OUTCOME_FILE, parseOutcome } from '../../shared/turn/outcome.ts';
import { agents } from '../support/agents.ts';
import { hear } from '../support/hear.ts';
import { outcomeIn, runAgent, startAgent } from '../support/run-agent.ts';
import {
  afterScript,
  asUser,
  emptyRoot,
  movedTo,
  openCopy,
  openScratch,
  startedBy,
  STRANGER,
} from '../support/surroundings.ts';
import { waitUntil } from '../support/wait-until.ts';
import { need } from './builds.ts';

const BUSYBOX = '/bin/busybox';

describe.each(agents)('the $name in an empty root', (agent) => {
  it('waits, runs a static command and posts, without /proc, /dev, /tmp or /etc', async (test) => {
    await need(test, { agent, ability: 'run in an empty root', machine: ['root', 'busybox'] });
    const root = await emptyRoot(agent);
    await mkdir(join(root.path, 'run'));
    const flags = ['--wait', '/podinfo/order', '--waitcontent', '1', '--post', '/run', '--out', '/logs/out'];
    const running = startAgent(root.agent, [...flags, '--', BUSYBOX, 'echo', 'ran']);
    await mkdir(join(root.path, 'podinfo'));
    await writeFile(join(root.path, 'podinfo/order'), '1');
    expect(await running).toMatchObject({ exitCode: 0, stdout: 'ran\n', stderr: '' });
    expect(await outcomeIn(join(root.path, 'run'))).toMatchObject({ outcome: 'Succeeded' });
    expect(await readFile(join(root.path, 'logs/out'), 'utf8')).toBe('ran\n');
    expect((await readdir(root.path)).toSorted()).toEqual(['bin', 'logs', 'podinfo', 'run']);
  });

  it.for([
    ['the command is not there', ['sh', '-c', 'true'], 127, 'sh: no such file or directory'],
    ['the command is there, in PATH', ['busybox', 'true'], 0, ''],
  ] as const)('says so or not: %s', async ([, command, exitCode, message], test) => {
    await need(test, { agent, ability: 'run in an empty root', machine: ['root', 'busybox'] });
    const root = await emptyRoot(agent);
    const seen = await runAgent(root.agent, ['--', ...command]);
    expect(seen.exitCode).toBe(exitCode);
    expect(seen.stderr).toContain(message);
  });

  it.for([
    ['its path', '"$@"'],
    ['its name', 'program=${1#/bin/}; shift; cd /; PATH=/bin; "$program" "$@"'],
  ] as const)('copies itself, started by %s', async ([, script], test) => {
    await need(test, { agent, ability: 'run in an empty root', machine: ['root', 'busybox'] });
    const { path, program } = await emptyRoot(agent);
    const started = startedBy(program, 'chroot', path, BUSYBOX, 'sh', '-euc', script, 'sh');
    expect(await runAgent(started, ['install', '/shared/bin'])).toMatchObject({ exitCode: 0, stderr: '' });
    const copy = await readFile(join(path, 'shared/bin/agent'));
    expect(copy).toEqual(await readFile(agent.command.at(-1) ?? ''));
    expect(await readdir(join(path, 'shared/bin'))).toEqual(['agent']);
  });

  it('runs on a root file system that is read-only, with a run directory of its own', async (test) => {
    await need(test, { agent, ability: 'run in an empty root', machine: ['root', 'busybox', 'namespaces'] });
    const { path, agent: rooted } = await emptyRoot(agent);
    await mkdir(join(path, 'run'));
    const script = [
      `mount --bind '${path}' '${path}'`,
      `mount -t tmpfs -o size=1m tmpfs '${path}/run'`,
      `mount -o remount,bind,ro '${path}'`,
      `! touch '${path}/written' 2>/dev/null`,
      `"$@"; cat '${path}/run/${OUTCOME_FILE}'; exit`,
    ].join('\n');
    const placed = startedBy(afterScript(rooted, script), 'unshare', '--mount');
    const seen = await runAgent(placed, ['--post', '/run', '--', BUSYBOX, 'true']);
    expect(seen).toMatchObject({ exitCode: 0, stderr: '' });
    expect(parseOutcome(seen.stdout)).toMatchObject({ outcome: 'Succeeded' });
  });
});

describe.each(agents)('the $name as a user without any rights', (agent) => {
  it('waits for a predecessor of another user, whatever its umask, runs and posts', async (test) => {
    await need(test, { agent, ability: 'run as any user', machine: ['root'] });
    const directory = await openScratch();
    const [first, second] = [join(directory, '1'), join(directory, '2')];
    for (const [each, owner] of [
      [first, STRANGER + 1],
      [second, STRANGER],
    ] as const) {
      await mkdir(each, { mode: 0o755 });
      await chown(each, owner, owner);
    }
    await writeFile(join(directory, 'order'), '1');
    const copy = await openCopy(agent);
    const flags = (step: number) => ['--wait', join(directory, 'order'), '--waitcontent', String(step)];

    const handedTo = asUser(copy, STRANGER);
    const waiting = startAgent(handedTo, [...flags(2), '--after', first, '--post', second, '--', 'id', '-u']);
    const before = asUser(afterScript(copy, 'umask 0777'), STRANGER + 1);
    await runAgent(before, [...flags(1), '--post', first, '--', 'true']);
    expect(await waiting).toMatchObject({ exitCode: 0, stdout: `${STRANGER}\n`, stderr: '' });
    expect(await outcomeIn(second)).toMatchObject({ outcome: 'Succeeded' });
  });

  it('says once that it may not read the order, and starts when it may', async (test) => {
    await need(test, { agent, ability: 'run as any user', machine: ['root'] });
    const directory = await openScratch();
    const order = join(directory, 'order');
    await writeFile(order, '1', { mode: 0o000 });
    const args = ['--wait', order, '--waitcontent', '1', '--', 'echo', 'ran'];
    const running = startAgent(asUser(await openCopy(agent), STRANGER), args);
    const said = hear(running.stderr);
    await waitUntil('it has said so', said);
    for (const each of ['a', 'b', 'c']) await writeFile(join(directory, each), 'look again');
    await chmod(order, 0o444);
    await writeFile(join(directory, 'd'), 'look again');
    expect(await running).toMatchObject({
      exitCode: 0,
      stdout: 'ran\n',
      stderr: `${order}: permission denied (EACCES); still waiting\n`,
    });
  });
});

describe.each(agents)('the $name in an empty environment', (agent) => {
  it('adds nothing to it', async () => {
    const seen = await runAgent(startedBy(agent, 'env', '-i'), ['--', '/usr/bin/env']);
    expect(seen).toMatchObject({ exitCode: 0, stdout: '', stderr: '' });
  });

  it('still finds a command by its name', async () => {
    const seen = await runAgent(startedBy(agent, 'env', '-i'), ['--', 'true']);
    expect(seen).toMatchObject({ exitCode: 0, stderr: '' });
  });
});

describe.each(agents)('the $name under umask', (agent) => {
  it.each(['077', '0777'])('%s posts an outcome that everybody can read', async (umask) => {
    const directory = await openScratch();
    const masked = afterScript(agent, `umask ${umask}`);
    const seen = await runAgent(masked, ['--post', directory, '--', 'sh', '-c', 'umask']);
    expect(seen).toMatchObject({ exitCode: 0, stdout: `${umask.padStart(4, '0')}\n` });
    expect((await stat(join(directory, OUTCOME_FILE))).mode & 0o7777).toBe(0o644);
  });

  it.for(['077', '0777'])('%s installs an agent that everybody can run', async (umask, test) => {
    await need(test, { agent, ability: 'copy itself', machine: ['root'] });
    const directory = join(await openScratch(), 'made/by/install');
    const seen = await runAgent(afterScript(agent, `umask ${umask}`), ['install', directory]);
    expect(seen).toMatchObject({ exitCode: 0, stderr: '' });
    expect((await stat(join(directory, 'agent'))).mode & 0o7777).toBe(0o555);
    const installed = asUser(movedTo(join(directory, 'agent'), agent), STRANGER);
    expect(await runAgent(installed, ['--', 'echo', 'runs'])).toMatchObject({
      exitCode: 0,
      stdout: 'runs\n',
    });
  });
});
