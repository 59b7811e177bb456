/** The builds of the agent that this machine can run. */
import { existsSync } from 'node:fs';
import { arch, execPath } from 'node:process';
import { fileURLToPath } from 'node:url';

export type Command = readonly [string, ...string[]];

export interface Agent {
  /** What to execute, and what comes before the agent's own arguments. */
  command: Command;
  /** Milliseconds after its watch is set until it surely waits. */
  settle: number;
}

const ARCHITECTURE: Readonly<Record<string, string>> = { x64: 'amd64', arm64: 'arm64' };

export const CLI: string = dist('cli/main.js');

const staticAgent: Agent = { command: [staticBuild(ARCHITECTURE[arch] ?? arch)], settle: 20 };
const nodeAgent: Agent = { command: [execPath, dist('agent/platform/node/main.js')], settle: 150 };

export const agents = { static: staticAgent, node: nodeAgent } as const;

/** Where the static build for an architecture, in Debian's words, would be. */
export function staticBuild(architecture: string): string {
  return dist(`agent/linux-${architecture}/taskflow-agent`);
}

/** @throws {Error} saying what to build */
export function requireBuilt(): void {
  for (const path of [CLI, staticAgent.command[0], nodeAgent.command[1] ?? '']) {
    if (!existsSync(path)) throw new Error(`${path} is missing; npm run build, npm run build:agent`);
  }
}

function dist(path: string): string {
  return fileURLToPath(new URL(`../../dist/${path}`, import.meta.url));
}
