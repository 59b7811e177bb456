/** The values of a Task's params, and what is wrong with them. Pure; of the params' shape nothing is taken for granted. */
import { suggest } from '../manifest/suggest.ts';
import { field, isMap, list } from './loose.ts';
import type { SpecProblem } from './references/fill.ts';
import type { ParamValue } from './references/known.ts';

export interface ParamValues {
  /** By name. `undefined`: there is something wrong with it. */
  values: ReadonlyMap<string, ParamValue | undefined>;
  problems: SpecProblem[];
}

type Type = 'string' | 'array' | 'object';

const WANTED: Record<Type, string> = {
  string: 'a string',
  array: 'a list of strings',
  object: 'a map of strings',
};

/**
 * Each param's value, else its default; of an object the default's keys that the value leaves out, too.
 *
 * @param params - `spec.params`
 * @example valuesOf([{ name: 'publish', default: 'no' }]).values // Map { 'publish' => 'no' }
 */
export function valuesOf(params: unknown): ParamValues {
  const values = new Map<string, ParamValue | undefined>();
  const problems: SpecProblem[] = [];
  for (const [index, param] of list(params).entries()) {
    const name = field(param, 'name');
    // A second one of the same name is a problem of its own.
    if (typeof name !== 'string' || values.has(name)) continue;
    const own = problemsOf(param, name);
    problems.push(...own.map(({ path, message }) => ({ path: ['params', index, ...path], message })));
    values.set(name, own.length > 0 ? undefined : valueOf(param));
  }
  return { values, problems };
}

/** The type that a param says, or that its default has, else its value. */
export function typeOf(param: unknown): Type {
  const said = field(param, 'type');
  if (said === 'string' || said === 'array' || said === 'object') return said;
  const shown = field(param, 'default') ?? field(param, 'value');
  if (Array.isArray(shown)) return 'array';
  return isMap(shown) ? 'object' : 'string';
}

function valueOf(param: unknown): ParamValue | undefined {
  const [given, preset] = [field(param, 'value'), field(param, 'default')];
  const value = isMap(given) && isMap(preset) ? { ...preset, ...given } : (given ?? preset);
  return value as ParamValue | undefined;
}

function problemsOf(param: unknown, name: string): SpecProblem[] {
  const type = typeOf(param);
  const allowed = field(param, 'enum');
  const given = ['value', 'default'].filter((key) => field(param, key) !== undefined);
  if (given.length === 0) {
    const message = `param ${name} has no value; give it one with "value:" or "default:", or with -p ${name}=VALUE`;
    return [{ path: [], message }];
  }
  if (allowed !== undefined && type !== 'string')
    return [
      { path: ['enum'], message: `only a string can have an enum, and param ${name} is ${articled(type)}` },
    ];
  return given.flatMap((key) => {
    const value = field(param, key);
    const shape = shapeProblems(value, type, name).map((each) => ({ ...each, path: [key, ...each.path] }));
    if (shape.length > 0 || !Array.isArray(allowed) || allowed.length === 0 || allowed.includes(value))
      return shape;
    const words = allowed.filter((word) => typeof word === 'string');
    const near = suggest(String(value), words);
    const choice = words
      .slice(0, 20)
      .map((word) => JSON.stringify(word))
      .join(', ');
    const cure = near === undefined ? '' : `; did you mean ${JSON.stringify(near)}?`;
    // The value may be a secret: it is not repeated.
    return [{ path: [key], message: `is none of the values that param ${name} can have: ${choice}${cure}` }];
  });
}

const articled = (type: Type): string => `${type === 'string' ? 'a' : 'an'} ${type}`;

function shapeProblems(value: unknown, type: Type, name: string): SpecProblem[] {
  const wrong = (path: (string | number)[], wanted: string, found: unknown): SpecProblem[] => [
    { path, message: `expected ${wanted}, since param ${name} is ${articled(type)}; found ${shown(found)}` },
  ];
  const isShaped = { string: typeof value === 'string', array: Array.isArray(value), object: isMap(value) }[
    type
  ];
  if (!isShaped) return wrong([], WANTED[type], value);
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, item]: [string, unknown]) =>
    typeof item === 'string' ? [] : wrong([Array.isArray(value) ? Number(key) : key], 'a string', item),
  );
}

function shown(value: unknown): string {
  if (Array.isArray(value)) return 'a list; an array has "type: array"';
  if (value === null || value === undefined) return 'nothing; write "" for an empty string';
  if (isMap(value)) return 'a map; an object has "type: object"';
  return typeof value === 'string'
    ? 'a string'
    : `a ${typeof value === 'boolean' ? 'boolean' : 'number'} (write it in quotes)`;
}
