import { accessSync, constants, statSync } from 'node:fs';
import { join } from 'node:path';
import { type Task } from '../../shared/task/task.ts';
import { layoutAt, parentDirectory, PREFIX, type Layout } from './layout.ts';
import { LocalRunError, planTask, type LocalPlan, type LocalSettings } from './plan.ts';

export type PlanSettings = Pick<LocalSettings, 'env' | 'ignoreMounts' | 'images' | 'data'> & {
  /** Directories for workspaces, by their names. */
  workspaces?: ReadonlyMap<string, string>;
};

/**
 * What a run of these Tasks would do, without making anything.
 *
 * @throws {LocalRunError} with the problems of all of them
 */
export function planTasks(
  tasks: readonly Task[],
  settings: PlanSettings,
): { plans: LocalPlan[]; layout: Layout } {
  // The directory gets a name of its own only when it is made.
  const layout = layoutAt(join(parentDirectory(), `${PREFIX}XXXXXX`));
  const { scripts, temporary, paths } = layout;
  const workspaces = { given: settings.workspaces ?? new Map(), root: layout.workspaces };
  const local = { ...settings, scripts, temporary, paths, workspaces, directory: process.cwd(), problemWith };
  const errors: LocalRunError[] = [];
  const plans = tasks.flatMap((task) => {
    try {
      return [planTask(task, local)];
    } catch (error) {
      if (!(error instanceof LocalRunError)) throw error;
      errors.push(error);
      return [];
    }
  });
  const [only] = errors;
  if (only !== undefined) throw errors.length === 1 ? only : new AggregateError(errors);
  return { plans, layout };
}

/** Why a process cannot be started in a directory; `undefined` when it can. */
export function problemWith(directory: string): string | undefined {
  try {
    if (!statSync(directory).isDirectory()) return 'is no directory';
    accessSync(directory, constants.X_OK);
    return undefined;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return 'does not exist on this machine';
    return code === 'EACCES' ? 'may not be entered by this user' : `cannot be used (${code})`;
  }
}
