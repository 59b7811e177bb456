import type { Task } from '../task/task.ts';
import { ManifestError } from './errors.ts';
import { displayName, readManifest } from './input.ts';
import { givenOf, type ReadOptions } from './given.ts';
import { readObjects, together, type Manifests, type Read } from './read.ts';

/**
 * Reads the Tasks of several files; `-` is standard input.
 *
 * @param files - paths, in the order in which the Tasks are wanted
 * @param options - values for params; a name that no Task declares is a problem
 * @returns the Tasks in the order of the files and of the documents in them
 * @throws ManifestError with the problems of all files, also when two Tasks have the same namespace and name
 *
 * @example
 * const tasks = await loadTasks(['build.yaml', 'test.yaml'], { params: { url: 'https://git.example/app' } });
 */
export async function loadTasks(files: readonly string[], options: ReadOptions = {}): Promise<Task[]> {
  return (await loadManifests(files, options)).tasks;
}

/**
 * Like `loadTasks`, and gives what else is in the files: the ConfigMaps and Secrets beside the Tasks, and what is not used.
 *
 * @example
 * const { tasks, data, others } = await loadManifests(['release.yaml']);
 */
export async function loadManifests(files: readonly string[], options: ReadOptions = {}): Promise<Manifests> {
  const given = givenOf(options);
  const reads: Read[] = [];
  for (const file of files) {
    try {
      reads.push(readObjects(await readManifest(file), displayName(file), given));
    } catch (error) {
      if (!(error instanceof ManifestError)) throw error;
      reads.push({ tasks: [], data: [], params: [], others: [], noTask: [], problems: [...error.problems] });
    }
  }
  return together(reads, given);
}
