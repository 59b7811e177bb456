import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Task } from '../../shared/task/task.ts';
import { layoutAt, type Layout } from './layout.ts';
import { LocalRunError, planTask, type LocalPlan, type LocalSettings } from './plan.ts';

/** The directory gets a name of its own only when it is made. */
const PLACEHOLDER = join(tmpdir(), 'taskflow-run-XXXXXX');

/**
 * What a run of these Tasks would do, without making anything.
 *
 * @throws {LocalRunError} with the problems of all of them
 */
export function planTasks(
  tasks: readonly Task[],
  settings: Pick<LocalSettings, 'env' | 'ignoreMounts' | 'images'>,
): { plans: LocalPlan[]; layout: Layout } {
  const layout = layoutAt(PLACEHOLDER);
  const { scripts, temporary } = layout;
  const local = { ...settings, scripts, temporary, directory: process.cwd(), exists: existsSync };
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
