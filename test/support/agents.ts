import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { arch, platform } from 'node:process';
import { fileURLToPath } from 'node:url';
import { CURE } from './machine.ts';

/** One executable of the agent, driven as a black box. */
export interface Agent {
  name: string;
  /** What to execute, and what comes before the agent's own arguments. */
  command: readonly [string, ...string[]];
}

const dist = (path: string): string => fileURLToPath(new URL(`../../dist/${path}`, import.meta.url));
const ARCHITECTURE: Readonly<Record<string, string>> = { x64: 'amd64', arm64: 'arm64' };

/** Which builds to drive beside the usual ones: `all` adds the packaged one, `sanitized` replaces the static one. */
const wanted = process.env['TASKFLOW_TEST_AGENTS'];
export const sanitized = wanted === 'sanitized';

export const nodeAgent: Agent = {
  name: 'Node agent',
  command: [process.execPath, dist('agent/platform/node/main.js')],
};

const staticBuild = (architecture: string): string => dist(`agent/linux-${architecture}/taskflow-agent`);

export const staticAgent: Agent = {
  name: 'static agent',
  // The same program, watched by the address and undefined behaviour sanitizers; it is neither static nor small.
  command: [staticBuild(`${ARCHITECTURE[arch] ?? arch}${sanitized ? '-sanitize' : ''}`)],
};

/** The packaged `taskflow` as it has installed itself: the Node agent in another wrapping, and one file. */
export const packagedAgent: Agent = {
  name: 'packaged agent',
  command: [dist(`../build/pkg/linux-${ARCHITECTURE[arch] ?? arch}/agent`)],
};

/** It does what the Node agent does, and slowly: the whole suite drives it where that is asked for. */
const withPackaged = wanted === 'all';

const emulator = findOnPath('qemu-aarch64-static');

/** Elsewhere than on amd64 this build is the static agent itself, or nothing that can be run. */
export const arm64Agent: Agent = {
  name: 'static arm64 agent',
  command: [emulator ?? 'qemu-aarch64-static', staticBuild('arm64')],
};

/** What is missing to run the arm64 build under emulation. */
export const arm64Missing: string | undefined =
  emulator === undefined
    ? `qemu-aarch64-static is missing; ${CURE}`
    : existsSync(staticBuild('arm64'))
      ? undefined
      : 'dist/agent/linux-arm64 is not built; npm run build:agent -- --arch all';

const withArm64 = platform === 'linux' && arch === 'x64' && arm64Missing === undefined;

/** The builds that this machine runs by itself. On Linux a missing static agent fails the tests: it is what pods get. */
export const localAgents: readonly Agent[] = platform === 'linux' ? [staticAgent, nodeAgent] : [nodeAgent];

/**
 * Each program once, for what is the same text on every architecture: what it is told, says and keeps. Emulation is slow,
 * so that is asked of every build only with `TASKFLOW_TEST_AGENTS=all`.
 */
export const programs: readonly Agent[] = withPackaged
  ? [...localAgents, ...(withArm64 ? [arm64Agent] : []), packagedAgent]
  : localAgents;

/** Every build that can be driven here. */
export const agents: readonly Agent[] = [
  ...localAgents,
  ...(withArm64 ? [arm64Agent] : []),
  ...(withPackaged ? [packagedAgent] : []),
];

/** Those of one file that needs nothing else, as a pod's steps get it. */
export const staticAgents: readonly Agent[] = agents.filter((agent) => agent !== nodeAgent);

for (const { name, command } of agents) {
  const program = command.at(-1) ?? '';
  if (!existsSync(program))
    throw new Error(
      `the ${name} is not built: ${program} is missing; npm run build, build:agent or build:pkg`,
    );
}

function findOnPath(command: string): string | undefined {
  const folders = (process.env['PATH'] ?? '').split(delimiter);
  return folders.map((folder) => join(folder, command)).find((path) => existsSync(path));
}
