/** The option that makes a directory of this machine a workspace. */
import { resolve } from 'node:path';
import { suggest } from '../../shared/manifest/suggest.ts';
import type { Task } from '../../shared/task/task.ts';
import { UsageError } from '../../shared/turn/errors.ts';
import { problemWith } from '../run/plan-tasks.ts';

export const workspaceOption = {
  workspace: {
    alias: 'w',
    type: 'string',
    array: true,
    describe: 'NAME=DIR: the directory is that workspace; may be given more than once',
  },
} as const;

/** @throws {UsageError} when one is no directory, or no Task has such a workspace */
export function givenWorkspaces(given: readonly string[], tasks: readonly Task[]): Map<string, string> {
  const names = new Set(tasks.flatMap(({ spec }) => (spec.workspaces ?? []).map(({ name }) => name)));
  const directories = new Map<string, string>();
  for (const pair of given) {
    const [, name, path] = /^([^=]+)=(.+)$/s.exec(pair) ?? [];
    if (name === undefined || path === undefined) throw new UsageError(`--workspace ${pair}: write NAME=DIR`);
    if (directories.has(name)) throw new UsageError(`--workspace ${name} is given twice; give it once`);
    if (!names.has(name)) {
      const near = suggest(name, names);
      const choice = names.size === 0 ? 'there are none' : `there are ${[...names].join(', ')}`;
      const cure = near === undefined ? choice : `did you mean ${near}?`;
      throw new UsageError(`--workspace ${name}: no Task has a workspace of that name; ${cure}`);
    }
    const directory = resolve(path);
    const problem = problemWith(directory);
    if (problem !== undefined)
      throw new UsageError(`--workspace ${name}: ${path} ${problem}; make the directory, or name another`);
    directories.set(name, directory);
  }
  return directories;
}
