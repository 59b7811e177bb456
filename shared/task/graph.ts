/**
 * What comes before what: steps are numbered from 1 in the order written, those of `finally` go on from there. `after`
 * names earlier steps only, so that no cycle can be written.
 */
import { suggest } from '../manifest/suggest.ts';

/** What a step says about its place. */
interface Placed {
  name: string;
  /** The steps before it; absent: the one written before. */
  after?: readonly string[] | undefined;
}

/** As much of a Task's spec as its order follows from. */
export interface Ordered {
  steps: readonly Placed[];
  finally?: readonly Placed[] | undefined;
}

/**
 * The predecessors of each step, at index 0 those of step 1. A `finally` step comes after all steps, and after those of
 * `finally` before it.
 *
 * @example predecessorsOf({ steps: [{ name: 'a' }, { name: 'b' }, { name: 'c', after: ['a'] }] }) // [[], [1], [1]]
 */
export function predecessorsOf({ steps, finally: last = [] }: Ordered): readonly (readonly number[])[] {
  const numbers = new Map(steps.map(({ name }, index) => [name, index + 1]));
  const before = (number: number): number[] => Array.from({ length: number - 1 }, (_, index) => index + 1);
  return [
    ...steps.map(({ after }, index) => {
      if (after === undefined) return index === 0 ? [] : [index];
      return after.map((name) => numbers.get(name)).filter((number) => number !== undefined);
    }),
    ...last.map((_, index) => before(steps.length + index + 1)),
  ];
}

/**
 * All that must be over before a step begins, directly or not, in ascending order.
 *
 * @param predecessors - of every step, as `predecessorsOf` gives them
 * @example ancestorsOf([[], [1], [2]], 3) // [1, 2]
 */
export function ancestorsOf(predecessors: readonly (readonly number[])[], number: number): number[] {
  const found = new Set<number>();
  const waiting = [number];
  for (let at = waiting.pop(); at !== undefined; at = waiting.pop()) {
    for (const before of predecessors[at - 1] ?? []) {
      if (!found.has(before)) waiting.push(before);
      found.add(before);
    }
  }
  return [...found].toSorted((one, other) => one - other);
}

/**
 * All that begins only once a step is over, directly or not, in ascending order.
 *
 * @example descendantsOf([[], [1], [2]], 1) // [2, 3]
 */
export function descendantsOf(predecessors: readonly (readonly number[])[], number: number): number[] {
  const found = new Set([number]);
  // What comes before a step has a lower number.
  for (const [index, before] of predecessors.entries())
    if (before.some((each) => found.has(each))) found.add(index + 1);
  found.delete(number);
  return [...found];
}

/**
 * What is wrong with the `after` of one step, one sentence for each name of it.
 *
 * @param steps - the names of all steps, in their order
 * @param index - of the step among them
 * @example problemsOf(['build'], ['biuld', 'test'], 1) // [{ at: 0, message: 'no step has the name "build"; did you mean "biuld"?' }]
 */
export function problemsOf(
  after: readonly unknown[],
  steps: readonly unknown[],
  index: number,
): { at: number; message: string }[] {
  const earlier = steps.slice(0, index).filter((name) => typeof name === 'string');
  const choice =
    earlier.length === 0 ? 'write []: nothing comes before it' : `the names before it are ${listed(earlier)}`;
  return after.flatMap((name, at) => {
    if (typeof name !== 'string') return [];
    const problem = (message: string): [{ at: number; message: string }] => [{ at, message }];
    const quoted = JSON.stringify(name);
    if (after.indexOf(name) < at) return problem(`names ${quoted} twice; leave one out`);
    if (earlier.includes(name)) return [];
    if (name === steps[index]) return problem(`a step cannot come after itself; ${choice}`);
    if (steps.includes(name))
      return problem(
        `step ${quoted} is written behind this one; write it before, since "after" names earlier steps`,
      );
    const meant = suggest(name, earlier);
    return problem(
      `no step has the name ${quoted}; ${meant === undefined ? choice : `did you mean "${meant}"?`}`,
    );
  });
}

function listed(names: readonly string[]): string {
  const shown = names.slice(-5).join(', ');
  return names.length > 5 ? `…, ${shown}` : shown;
}
