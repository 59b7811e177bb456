/** Which agent a local run uses. */
import { access, constants } from 'node:fs/promises';
import { arch, execPath, platform } from 'node:process';
import { isSea } from 'node:sea';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { SHORTAGES, SystemError, UsageError } from '../../shared/turn/errors.ts';

export interface AgentProgram {
  /** For people. */
  name: string;
  /** The executable, and what comes before the agent's own arguments. */
  command: readonly [string, ...string[]];
  /** How many agents wait beside the one that runs. A waiting static agent costs next to nothing, a Node one 50 MB. */
  ahead: number;
}

const ARCHITECTURE: Readonly<Record<string, string>> = { x64: 'amd64', arm64: 'arm64' };

/** The packaged `taskflow` is an agent as well, and the only one that is sure to be there. */
const PACKAGED: AgentProgram = { name: 'taskflow agent', command: [execPath, 'agent'], ahead: 4 };

/** The packaged `taskflow` is no Node that runs scripts. */
const NODE = isSea() ? 'node' : execPath;

/**
 * The agent at `path`; by default the static one where it is built and runs, else the one that Node runs.
 *
 * @throws {UsageError}
 */
export async function findAgent(path?: string): Promise<AgentProgram> {
  if (path !== undefined) return checked(isScript(path) ? nodeAgent(path) : staticAgent(path));
  if (isSea()) return PACKAGED;

  const built = fileURLToPath(
    new URL(`../../agent/linux-${ARCHITECTURE[arch] ?? arch}/taskflow-agent`, import.meta.url),
  );
  if (
    platform === 'linux' &&
    (await isExecutable(built)) &&
    (await problemWith(staticAgent(built))) === undefined
  ) {
    return staticAgent(built);
  }
  return checked(nodeAgent(fileURLToPath(new URL('../../agent/platform/node/main.js', import.meta.url))));
}

function staticAgent(path: string): AgentProgram {
  return { name: `agent ${path}`, command: [path], ahead: 16 };
}

function nodeAgent(path: string): AgentProgram {
  return { name: `Node agent ${path}`, command: [NODE, path], ahead: 4 };
}

const isScript = (path: string): boolean => /\.[cm]?[jt]s$/.test(path);

async function isExecutable(path: string): Promise<boolean> {
  return access(path, constants.X_OK).then(
    () => true,
    () => false,
  );
}

async function checked(agent: AgentProgram): Promise<AgentProgram> {
  const problem = await problemWith(agent);
  if (problem === undefined) return agent;
  throw new UsageError(
    `${agent.name} does not run: ${problem}; give another with --agent, or build one with npm run build:agent`,
  );
}

async function problemWith({ command: [file, ...args] }: AgentProgram): Promise<string | undefined> {
  const result = await execa(file, [...args, '--version'], {
    reject: false,
    stdin: 'ignore',
    // What is wrong with the current directory is not the agent's.
    cwd: '/',
    timeout: 10_000,
  });
  if (result.exitCode === 0 && result.stdout.startsWith('taskflow-agent ')) return undefined;
  if (result.exitCode === 0) return 'it is no taskflow agent';
  const { code, shortMessage = 'it failed' } = result;
  if (code !== undefined && SHORTAGES.includes(code))
    throw new SystemError(code, `the agent ${file} cannot be started`);
  return code ?? shortMessage;
}
