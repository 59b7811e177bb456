/** kubeconfig files for tests. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { scratch } from './scratch.ts';

export interface Parts {
  cluster?: object;
  user?: object;
  context?: object;
  whole?: object;
}

/** A kubeconfig with one of each. */
export function configOf({ cluster, user, context, whole }: Parts = {}): object {
  return {
    'current-context': 'main',
    contexts: [{ name: 'main', context: { cluster: 'c', user: 'u', ...context } }],
    clusters: [{ name: 'c', cluster: { server: 'https://api.example:6443', ...cluster } }],
    users: [{ name: 'u', user: { token: 'secret', ...user } }],
    ...whole,
  };
}

export async function writeKubeconfig(
  config: object | string,
  name = 'config',
  directory?: string,
): Promise<string> {
  const file = join(directory ?? (await scratch()), name);
  await writeFile(file, typeof config === 'string' ? config : stringify(config));
  return file;
}
