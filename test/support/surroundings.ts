/** The same agent in other surroundings: started by a tool that prepares them. */
import { chmod, copyFile, mkdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { type Agent } from './agents.ts';
import { BUSYBOX } from './machine.ts';
import { scratch } from './scratch.ts';

/** Nobody's: no user of any machine has this id, nor the next. */
export const STRANGER = 65_532;

/** @example startedBy(agent, 'unshare', '--mount') */
export function startedBy(agent: Agent, ...before: [string, ...string[]]): Agent {
  return { name: agent.name, command: [...before, ...agent.command] };
}

/** After a shell script, which may use `"$@"` (the agent with its arguments) itself. */
export function afterScript(agent: Agent, script: string): Agent {
  return startedBy(agent, 'sh', '-euc', `${script}\nexec "$@"`, 'sh');
}

/** As PID 1 of a pid namespace of its own. What signals it is not this process but {@link childOf} it. */
export function asPid1(agent: Agent): Agent {
  return startedBy(agent, 'unshare', '--fork', '--pid', '--mount-proc', '--kill-child', '--');
}

/** As a user who has no rights at all and can get none; `env`, since setpriv itself still has some when it starts a program. */
export function asUser(agent: Agent, uid: number): Agent {
  const nothing = ['--bounding-set=-all', '--inh-caps=-all', '--ambient-caps=-all', '--no-new-privs'];
  return startedBy(agent, 'setpriv', `--reuid=${uid}`, `--regid=${uid}`, '--clear-groups', ...nothing, 'env');
}

/** The same build at another path. */
export function movedTo(path: string, { name, command }: Agent): Agent {
  const [first, ...rest] = command;
  return { name, command: rest.length === 0 ? [path] : [first, ...rest.slice(0, -1), path] };
}

/** A root with nothing but the agent and busybox: no /proc, /dev, /tmp or /etc. */
interface Root {
  path: string;
  /** The agent in it. */
  agent: Agent;
  /** How it is called in there. */
  program: Agent;
}

export async function emptyRoot(agent: Agent): Promise<Root> {
  const path = await openScratch();
  await mkdir(join(path, 'bin'));
  await copyFile(BUSYBOX, join(path, 'bin/busybox'));
  for (const file of agent.command) await copyFile(file, join(path, 'bin', basename(file)));
  const [first, ...rest] = agent.command.map((file) => `/bin/${basename(file)}`);
  if (first === undefined) throw new Error(`the ${agent.name} has no command`);
  const program: Agent = { name: agent.name, command: [first, ...rest] };
  return { path, agent: startedBy(program, 'chroot', path), program };
}

/** A copy of the agent that every user can reach. */
export async function openCopy(agent: Agent): Promise<Agent> {
  const directory = await openScratch();
  const program = agent.command.at(-1) ?? '';
  const copy = join(directory, basename(program));
  await copyFile(program, copy);
  await chmod(copy, 0o555);
  return movedTo(copy, agent);
}

/** A directory of the test's own that every user may enter. */
export async function openScratch(): Promise<string> {
  const directory = await scratch();
  await chmod(directory, 0o755);
  return directory;
}
