/**
 * Installs the tools that only the tests need, where it may: as root, with apt. Elsewhere it prints what to type, and
 * the tests that miss a tool say so. `node scripts/test-tools/main.ts`, always ends with 0.
 */
import { readFile } from 'node:fs/promises';
import { execa } from 'execa';
import { install } from '../build-agent/apt.ts';
import { onPath } from '../build-agent/commands.ts';
import { readElf } from '../build-agent/elf.ts';
import { REGISTRY_TOOLS } from './registry.ts';

/** Debian packages, and whether what the tests need of them is there. */
const TOOLS: Readonly<Record<string, () => Promise<boolean>>> = {
  'busybox-static': async () => {
    const program = await readFile('/bin/busybox').catch(() => undefined);
    return program !== undefined && !readElf(program).dynamic;
  },
  // Builds the image of the agent.
  buildah: () => onPath('buildah'),
  // Reads the YAML that taskflow writes: a reader that is not its own.
  'python3-yaml': async () =>
    (await execa('python3', ['-c', 'import yaml'], { reject: false })).exitCode === 0,
  // Runs the arm64 build of the agent; an arm64 machine does so by itself.
  'qemu-user-static': async () => process.arch !== 'x64' || (await onPath('qemu-aarch64-static')),
  ...Object.fromEntries(
    Object.entries(REGISTRY_TOOLS).map(([command, name]) => [name, async () => onPath(command)]),
  ),
};

if (process.platform === 'linux') await main();

async function main(): Promise<void> {
  const missing: string[] = [];
  for (const [name, isThere] of Object.entries(TOOLS)) if (!(await isThere())) missing.push(name);
  if (missing.length === 0) return;
  const cure = `some tests need more: sudo apt-get install ${missing.join(' ')}`;
  if (process.getuid?.() !== 0 || !(await onPath('apt-get'))) return say(cure);
  say(`installing ${missing.join(' ')}`);
  try {
    await install(missing);
  } catch (error) {
    say(`${cure}\n${error instanceof Error ? error.message : String(error)}`);
  }
}

function say(line: string): void {
  process.stderr.write(`test-tools: ${line}\n`);
}
