/** What Kubernetes adds to CEL, as far as the package has not got it itself. */
import { Environment } from '@marcbachmann/cel-js';
import { same } from '../object.ts';

/** The functions `sets.…` are methods of a constant here. */
class Sets {
  readonly name = 'sets';
}

type Items = readonly unknown[];

const has = (list: Items, item: unknown): boolean => list.some((each) => equal(each, item));
const contains = (all: Items, some: Items): boolean => some.every((item) => has(all, item));

/** Integers are bigints and not numbers here; a JSON comparison must not tell them apart. */
function equal(a: unknown, b: unknown): boolean {
  return a === b || (typeof a === 'object' && same(a, b));
}

function compare(a: unknown, b: unknown): number {
  const [left, right] = [a as string, b as string];
  return left < right ? -1 : left > right ? 1 : 0;
}

function best(list: Items, better: (order: number) => boolean): unknown {
  if (list.length === 0) throw new Error('min or max called on an empty list');
  return list.reduce((found, item) => (better(compare(item, found)) ? item : found));
}

/**
 * CEL with Kubernetes' libraries of lists, sets and regular expressions.
 *
 * @see https://kubernetes.io/docs/reference/using-api/cel/#cel-options-language-features-and-libraries
 */
export function kubernetesCel(): Environment {
  return new Environment({
    unlistedVariablesAreDyn: true,
    homogeneousAggregateLiterals: false,
    enableOptionalTypes: true,
  })
    .registerType('Sets', Sets)
    .registerConstant('sets', 'Sets', new Sets())
    .registerFunction('Sets.contains(list, list): bool', (_: Sets, a: Items, b: Items) => contains(a, b))
    .registerFunction(
      'Sets.equivalent(list, list): bool',
      (_: Sets, a: Items, b: Items) => contains(a, b) && contains(b, a),
    )
    .registerFunction('Sets.intersects(list, list): bool', (_: Sets, a: Items, b: Items) =>
      a.some((item) => has(b, item)),
    )
    .registerFunction('list.isSorted(): bool', (list: Items) =>
      list.every((item, index) => index === 0 || compare(list[index - 1], item) <= 0),
    )
    .registerFunction('list.sum(): dyn', (list: Items) =>
      list.every((item) => typeof item === 'bigint')
        ? list.reduce((sum, item) => sum + item, 0n)
        : list.reduce((sum: number, item) => sum + Number(item), 0),
    )
    .registerFunction('list.min(): dyn', (list: Items) => best(list, (order) => order < 0))
    .registerFunction('list.max(): dyn', (list: Items) => best(list, (order) => order > 0))
    .registerFunction('list.indexOf(dyn): int', (list: Items, item: unknown) =>
      BigInt(list.findIndex((each) => equal(each, item))),
    )
    .registerFunction('list.lastIndexOf(dyn): int', (list: Items, item: unknown) =>
      BigInt(list.findLastIndex((each) => equal(each, item))),
    )
    .registerFunction(
      'string.find(string): string',
      (text: string, pattern: string) => new RegExp(pattern, 'u').exec(text)?.[0] ?? '',
    )
    .registerFunction('string.findAll(string): list', (text: string, pattern: string) =>
      Array.from(text.matchAll(new RegExp(pattern, 'gu')), ([found]) => found),
    );
}
