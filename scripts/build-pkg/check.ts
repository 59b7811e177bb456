import { chmod, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { exists } from '../build-agent/cache.ts';
import { onPath } from '../build-agent/commands.ts';
import { ARCHITECTURES, hostArch, type Arch } from '../build-agent/target.ts';

/** ms; under emulation Node takes seconds to start. */
const PATIENCE = 120_000;

const TASK = `apiVersion: api.practice.com/v1alpha1
kind: Task
metadata: { name: check }
spec:
  steps:
    - { name: first, image: any, command: [echo, one] }
    - { name: second, image: any, script: "#!/bin/sh\\necho two\\nexit 3\\n" }
`;

/** What comes before an executable to run it here: nothing, or an emulator. Undefined where there is no way. */
export async function runnerFor(arch: Arch): Promise<readonly string[] | undefined> {
  if (arch === hostArch()) return [];
  const { gnu } = ARCHITECTURES[arch];
  const emulator = `qemu-${gnu.split('-')[0]}-static`;
  // Node needs a C and a C++ library of its architecture; the cross compiler brings them.
  const libraries = `/usr/${gnu}`;
  const there = (await onPath(emulator)) && (await exists(join(libraries, 'lib/libstdc++.so.6')));
  return there ? [emulator, '-L', libraries] : undefined;
}

/**
 * Runs the executable as a person would: its version, a Task with its own agent. Has it install itself to the
 * directory `installed`, from where it must run as an agent. Throws unless all is right.
 */
export async function check(
  executable: string,
  runner: readonly string[],
  { version, scratch, installed }: { version: string; scratch: string; installed: string },
): Promise<void> {
  const run = async (program: string, args: readonly string[]) => {
    const [file = program, ...before] = runner.concat(program);
    return execa(file, [...before, ...args], { reject: false, stdin: 'ignore', timeout: PATIENCE });
  };
  const taskflow = async (...args: string[]) => run(executable, args);

  expectSame('--version', (await taskflow('--version')).stdout, version);
  expectSame('agent --version', (await taskflow('agent', '--version')).stdout, `taskflow-agent ${version}`);

  const task = join(scratch, 'task.yaml');
  await writeFile(task, TASK);
  const agent = runner.length > 0 ? ['--agent', await emulatedAgent([...runner, executable], scratch)] : [];
  const { exitCode, stdout, stderr } = await taskflow('run', '--output', 'plain', ...agent, task);
  expectSame('run', `${stdout}\nexit code ${exitCode}`, 'first  | one\nsecond | two\nexit code 3', stderr);

  expectSame('agent install', (await taskflow('agent', 'install', installed)).stderr, '');
  expectSame('installed', (await run(join(installed, 'agent'), ['--', 'echo', 'runs'])).stdout, 'runs');
}

/** The kernel cannot start the executable by itself, as a local run would: this script can. */
async function emulatedAgent(command: readonly string[], scratch: string): Promise<string> {
  const path = join(scratch, 'agent');
  const words = command.map((word) => `'${word.replaceAll("'", `'\\''`)}'`);
  await writeFile(path, `#!/bin/sh\nexec ${words.join(' ')} agent "$@"\n`);
  await chmod(path, 0o755);
  return path;
}

function expectSame(what: string, found: string, expected: string, more = ''): void {
  if (found !== expected)
    throw new Error(`taskflow ${what} is wrong:\n${found}\ninstead of:\n${expected}\n${more}`);
}
