import type { Task } from '../task/task.ts';
import { ManifestError, type Problem } from './errors.ts';
import { displayName, readManifest } from './input.ts';
import { findDuplicates, type PlacedTask, readTasks } from './read.ts';

/**
 * Reads the Tasks of several files; `-` is standard input.
 *
 * @param files - paths, in the order in which the Tasks are wanted
 * @returns the Tasks in the order of the files and of the documents in them
 * @throws ManifestError with the problems of all files, also when two Tasks have the same namespace and name
 *
 * @example
 * const tasks = await loadTasks(['build.yaml', 'test.yaml']);
 */
export async function loadTasks(files: readonly string[]): Promise<Task[]> {
  const tasks: PlacedTask[] = [];
  const problems: Problem[] = [];
  for (const file of files) {
    try {
      const read = readTasks(await readManifest(file), displayName(file));
      tasks.push(...read.tasks);
      problems.push(...read.problems);
    } catch (error) {
      if (!(error instanceof ManifestError)) throw error;
      problems.push(...error.problems);
    }
  }
  problems.push(...findDuplicates(tasks));
  if (problems.length > 0) throw new ManifestError(problems);
  return tasks.map(({ task }) => task);
}
