import { existsSync } from 'node:fs';
import { arch, platform } from 'node:process';
import { fileURLToPath } from 'node:url';

/** One executable of the agent, driven as a black box. */
export interface Agent {
  name: string;
  /** What to execute, and what comes before the agent's own arguments. */
  command: readonly [string, ...string[]];
}

const dist = (path: string): string => fileURLToPath(new URL(`../../dist/${path}`, import.meta.url));
const ARCHITECTURE: Readonly<Record<string, string>> = { x64: 'amd64', arm64: 'arm64' };

export const nodeAgent: Agent = {
  name: 'Node agent',
  command: [process.execPath, dist('agent/platform/node/main.js')],
};

const staticPath = dist(`agent/linux-${ARCHITECTURE[arch] ?? arch}/taskflow-agent`);

export const staticAgent: Agent = { name: 'static agent', command: [staticPath] };

/** Every build that this machine can run. On Linux a missing static agent fails the tests: it is what pods get. */
export const agents: readonly Agent[] = platform === 'linux' ? [staticAgent, nodeAgent] : [nodeAgent];

for (const { name, command } of agents) {
  const program = command.at(-1) ?? '';
  if (!existsSync(program))
    throw new Error(`the ${name} is not built: ${program} is missing; npm run build, npm run build:agent`);
}
