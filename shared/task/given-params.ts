/** Values for params from outside of a manifest: command line, a file, a program. Pure. */
import { suggest } from '../manifest/suggest.ts';
import { field, isMap, list } from './loose.ts';
import { typeOf } from './param-values.ts';
import type { SpecProblem } from './references/fill.ts';
import type { ParamValue } from './references/known.ts';

export interface GivenParam {
  name: string;
  /** A value; or texts, of which the param's type makes one. */
  value: ParamValue | { texts: readonly GivenText[] };
  /** Where it comes from, for messages: `-p url`, `params.yaml:3:1`. */
  from: string;
}

export interface GivenText {
  /** Of an object: the key that it is for. */
  key?: string;
  text: string;
}

export interface WithParams {
  spec: unknown;
  problems: SpecProblem[];
  /** Where the value of a param comes from, by its index. */
  from: ReadonlyMap<number, string>;
}

/**
 * The spec with these values in its params, each in place of the one that is there; a later one wins. Names that the spec
 * does not declare are nothing to it.
 *
 * @param spec - of any shape
 * @example giveParams({ params: [{ name: 'x' }] }, [{ name: 'x', value: 'v', from: '-p x' }]).spec // { params: [{ name: 'x', value: 'v' }] }
 */
export function giveParams(spec: unknown, given: readonly GivenParam[]): WithParams {
  const declared = field(spec, 'params');
  const from = new Map<number, string>();
  const problems: SpecProblem[] = [];
  if (given.length === 0 || !isMap(spec) || !Array.isArray(declared)) return { spec, problems, from };
  const params = declared.map((param: unknown, index) =>
    given
      .filter(({ name }) => name === field(param, 'name'))
      .reduce((before: unknown, each) => {
        from.set(index, each.from);
        const value = toValue(before, each.value);
        if (!('problem' in value)) return { ...(before as object), value: value.value };
        problems.push({ path: ['params', index], message: `${each.from}: ${value.problem}` });
        return before;
      }, param),
  );
  return { spec: { ...spec, params }, problems, from };
}

/** The names of a spec's params. */
export function declaredParams(spec: unknown): string[] {
  return list(field(spec, 'params'))
    .map((param) => field(param, 'name'))
    .filter((name) => typeof name === 'string');
}

type Made = { value: unknown } | { problem: string };

function toValue(param: unknown, value: GivenParam['value']): Made {
  if (!isTexts(value)) return { value };
  const { texts } = value;
  const type = typeOf(param);
  if (type === 'object') return toObject(param, texts);
  if (texts.some(({ key }) => key !== undefined))
    return { problem: `the param is ${type === 'array' ? 'an array' : 'a string'}, and has no keys` };
  const all = texts.map(({ text }) => text);
  if (type === 'array') return { value: all };
  if (all.length === 1) return { value: all[0] };
  return { problem: 'given more than once, which only an array can be (type: array)' };
}

function isTexts(value: GivenParam['value']): value is { texts: readonly GivenText[] } {
  return isMap(value) && Array.isArray(Reflect.get(value, 'texts'));
}

function toObject(param: unknown, texts: readonly GivenText[]): Made {
  const [before, preset] = [field(param, 'value'), field(param, 'default')];
  let made = isMap(before) ? { ...before } : {};
  const known = Object.keys({ ...(isMap(preset) && preset), ...made });
  for (const { key, text } of texts) {
    const whole = key === undefined ? parsed(text) : undefined;
    const [, name = key, value = text] = (key === undefined && /^([\w./-]+)=(.*)$/s.exec(text)) || [];
    if (whole !== undefined) made = whole;
    else if (name === undefined)
      return {
        problem:
          'the param is an object; give its keys as NAME.KEY=VALUE, or all of it as JSON: {"KEY":"VALUE"}',
      };
    else made = { ...made, [name]: value };
  }
  // A key that is misspelt would change nothing.
  for (const key of Object.keys(made)) {
    const near = known.includes(key) || key.length < 3 ? undefined : suggest(key, known);
    if (near !== undefined)
      return {
        problem: `the param has no key ${JSON.stringify(key)}; did you mean ${JSON.stringify(near)}?`,
      };
  }
  return { value: made };
}

function parsed(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isMap(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
