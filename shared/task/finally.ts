/** The steps of `finally`: they come last, and run whatever became of the others. */
import { parseDuration } from '../turn/duration.ts';
import { FINALLY_TIMEOUT } from './limits.ts';
import type { TaskSpec } from './task.ts';

/**
 * All steps in the order of their numbers: those of `finally` come last.
 *
 * @example everyStep({ steps: [{ name: 'a' }], finally: [{ name: 'tell' }] }).map(({ name }) => name) // ['a', 'tell']
 */
export function everyStep<Each>({
  steps,
  finally: last = [],
}: {
  steps: readonly Each[];
  finally?: readonly Each[] | undefined;
}): readonly Each[] {
  return last.length === 0 ? steps : [...steps, ...last];
}

/**
 * How long the steps of `finally` may take together, ms: each has a limit, so that a Task which is stopped comes to its end.
 *
 * @example finallyTime({ finally: [{ name: 'tell', timeout: '30s' }, { name: 'clean' }] }) // 630_000
 */
export function finallyTime({
  finally: last = [],
  stepTemplate,
}: Pick<TaskSpec, 'finally' | 'stepTemplate'>): number {
  const limits = last.map(({ timeout }) =>
    parseDuration(timeout ?? stepTemplate?.timeout ?? FINALLY_TIMEOUT),
  );
  return limits.reduce<number>((sum, limit) => sum + (limit ?? 0), 0);
}
