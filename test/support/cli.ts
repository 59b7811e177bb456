import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa, type Options } from 'execa';
import { onTestFinished } from 'vitest';
import { formatYaml } from '../../shared/manifest/index.ts';
import { type Step } from '../../shared/task/task.ts';
import { scratch } from './scratch.ts';

export const MAIN = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));

/** Starts the built CLI, as a user would. */
export function taskflow(args: readonly string[], options: Pick<Options, 'cwd' | 'env' | 'input'> = {}) {
  const subprocess = execa(process.execPath, [MAIN, ...args], {
    ...options,
    reject: false,
    stripFinalNewline: false,
    ...(options.input === undefined && { stdin: 'ignore' }),
  });
  onTestFinished(() => void subprocess.kill('SIGKILL'));
  return subprocess;
}

/** A manifest file with one Task of these steps, and more fields of its spec; the image is only a name here. */
export async function taskFile(
  steps: readonly (Partial<Step> & { name: string })[],
  name = 'test',
  spec: object = {},
): Promise<string> {
  const path = join(await scratch(), 'task.yaml');
  await writeFile(path, manifest(steps, name, spec));
  return path;
}

export function manifest(
  steps: readonly (Partial<Step> & { name: string })[],
  name = 'test',
  spec: object = {},
): string {
  const task = {
    apiVersion: 'api.practice.com/v1alpha1',
    kind: 'Task',
    metadata: { name },
    spec: { steps: steps.map((step) => ({ image: 'busybox:1.36', ...step })), ...spec },
  };
  return formatYaml(task);
}

/** A step that runs a shell script. */
export function sh(name: string, script: string): Step {
  return { name, image: 'busybox:1.36', command: ['sh', '-c', script] };
}
