/** What the agents of a pod fill in, because only other steps can say it. */
import { fillOf } from '../task/references/run-time.ts';
import { field, list } from '../task/loose.ts';
import type { Resolved } from './commands.ts';
import { runDirectory } from './paths.ts';

function isVariable(item: unknown): boolean {
  const value = field(item, 'value');
  return typeof field(item, 'name') === 'string' && (value === undefined || typeof value === 'string');
}

/**
 * The steps, each with the words and variables that its agent is told, and the numbers of the steps that it reads of.
 *
 * @param steps - in the order of their numbers
 */
export function withFill(steps: readonly Resolved[]): (Resolved & { reads: readonly number[] })[] {
  const numbers = new Map(steps.map(({ step }, index) => [step.name, index + 1]));
  return steps.map(({ step, command }) => {
    const reads = new Set<number>();
    const { when, ...own } = step;
    // Whatever else a cluster let pass as env goes into the pod as it is.
    const env = Array.isArray(step.env) && list(step.env).every(isVariable) ? step.env : undefined;
    const told = fillOf({ argv: command.argv, env, when }, (name) => {
      const number = numbers.get(name) ?? 0;
      reads.add(number);
      return runDirectory(number);
    });
    return {
      step: { ...own, ...(told.env && { env: told.env }) },
      command: { ...command, argv: told.argv, fill: told.fill },
      reads: [...reads],
    };
  });
}
