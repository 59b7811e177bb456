/** Values for params that whoever reads a manifest gives. */
import type { GivenParam } from '../task/given-params.ts';
import type { ParamValue } from '../task/references/known.ts';
import type { Problem } from './errors.ts';
import { suggest } from './suggest.ts';

export interface ReadOptions {
  /** Values for params, by name: each goes to every Task that declares it. */
  params?: Readonly<Record<string, ParamValue>> | readonly GivenParam[] | undefined;
}

export function givenOf({ params = [] }: ReadOptions): readonly GivenParam[] {
  if (isList(params)) return params;
  return Object.entries(params).map(([name, value]) => ({ name, value, from: `param ${name}` }));
}

function isList(params: NonNullable<ReadOptions['params']>): params is readonly GivenParam[] {
  return Array.isArray(params);
}

/**
 * Problems of values for params that no Task has.
 *
 * @param declared - the names of all params of all Tasks
 */
export function undeclared(given: readonly GivenParam[], declared: readonly string[]): Problem[] {
  const names = new Set(declared);
  return given.flatMap(({ name, from }) => {
    if (names.has(name)) return [];
    const near = suggest(name, names);
    const choice =
      names.size === 0 ? 'it declares none in spec.params' : `there are ${[...names].join(', ')}`;
    const cure = near === undefined ? choice : `did you mean ${JSON.stringify(near)}?`;
    const message = `no Task has a param ${JSON.stringify(name)}; ${cure}`;
    return [{ file: from, line: 0, column: 0, path: '', message }];
  });
}
