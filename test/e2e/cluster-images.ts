/** The images that a real cluster is tried with, and a controller of this checkout for it. */
import { join } from 'node:path';
import { execa } from 'execa';

const ROOT = join(import.meta.dirname, '../..');

/** Images that the cluster can run, by name: in a cluster without a registry they are loaded on its nodes. */
export const IMAGE = process.env['TASKFLOW_E2E_IMAGE'] ?? 'busybox:1.36';
export const AGENT_IMAGE = process.env['TASKFLOW_E2E_AGENT_IMAGE'] ?? 'taskflow/agent:0.1.0';
/** `Never` for images that are loaded. */
export const PULL = (process.env['TASKFLOW_E2E_PULL_POLICY'] ?? 'IfNotPresent') as 'IfNotPresent' | 'Never';

/** Its log goes to this process' standard error when `DEBUG` is set. */
export function startController(namespace: string, flags: readonly string[] = []) {
  const policy = ['--agent-image-pull-policy', PULL];
  return execa(
    process.execPath,
    [
      ...[join(ROOT, 'controller/main.ts'), '--namespace', namespace, '--lease-namespace', namespace],
      ...(flags.includes('--metrics-addr') ? [] : ['--metrics-addr', '127.0.0.1:0']),
      ...['--agent-image', AGENT_IMAGE, ...policy, ...flags],
    ],
    {
      reject: false,
      stdin: 'ignore',
      stderr: 'inherit',
      stdout: process.env['DEBUG'] ? 'inherit' : 'ignore',
    },
  );
}
