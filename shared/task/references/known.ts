/** What one reference stands for, at the place where it is written. Pure. */
import { suggest } from '../../manifest/suggest.ts';
import type { ParamReference, Reference, RunTimeReference, WorkspaceReference } from './reference.ts';

/** The value of a param. */
export type ParamValue = string | readonly string[] | Readonly<Record<string, string>>;

/** A step, as much of it as counts for references. */
export interface StepContext {
  name: string;
  isFinally: boolean;
  /** The names of its results, and the files where it leaves them. */
  results: ReadonlyMap<string, string>;
  /** The workspaces that it lists, and where it has them; `undefined`: all. */
  workspaces: ReadonlyMap<string, string | undefined> | undefined;
  /** The steps whose end it waits for, with the names of their results. */
  before: ReadonlyMap<string, readonly string[]>;
}

export interface Known {
  /** The declared params. `undefined`: what is wrong with it is said elsewhere. */
  values: ReadonlyMap<string, ParamValue | undefined>;
  /** The declared workspaces and their paths. `undefined`: not bound. */
  workspaces: ReadonlyMap<string, string | undefined>;
  /** All steps, those of finally too, with the names of their results. */
  steps: ReadonlyMap<string, readonly string[]>;
}

export type Meaning =
  | { kind: 'text'; text: string }
  | { kind: 'items'; items: readonly string[] }
  /** The agent will know. */
  | { kind: 'later' }
  | { kind: 'problem'; message: string }
  /** What is wrong is said elsewhere. */
  | { kind: 'unknown' };

const text = (of: string): Meaning => ({ kind: 'text', text: of });
const problem = (message: string): Meaning => ({ kind: 'problem', message });

/** @param step - the one that the place is in */
export function meaningOf(reference: Reference, known: Known, step: StepContext | undefined): Meaning {
  switch (reference.of) {
    case 'params':
      return ofParam(reference, known);
    case 'workspaces':
      return ofWorkspace(reference, known, step);
    case 'results': {
      if (step === undefined)
        return problem('only a step has results; use it in the step that leaves the result');
      const path = step.results.get(reference.name);
      if (path !== undefined) return text(path);
      const cure = near(reference.name, step.results.keys()) ?? `add it to the results of step ${step.name}`;
      return problem(`step ${step.name} has no result ${quoted(reference.name)}; ${cure}`);
    }
    case 'steps':
    case 'outcome':
      return ofRun(reference, known, step);
    case 'nothing':
      return problem(reference.expected);
  }
}

function ofParam({ name, item, key }: ParamReference, { values }: Known): Meaning {
  if (!values.has(name)) {
    const cure = near(name, values.keys()) ?? 'declare it there, or write $$( for the text itself';
    return problem(`spec.params has no ${quoted(name)}; ${cure}`);
  }
  const value = values.get(name);
  if (value === undefined) return { kind: 'unknown' };
  if (typeof value === 'string') {
    if (item === undefined && key === undefined) return text(value);
    return problem(`param ${name} is a string; write $(params.${name})`);
  }
  return isList(value) ? ofList(value, { name, item, key }) : ofMap(value, { name, item, key });
}

type Part =
  Omit<ParamReference, 'of'> | { name: string; item: ParamReference['item']; key: string | undefined };

function ofList(value: readonly string[], { name, item, key }: Part): Meaning {
  if (item === '*') return { kind: 'items', items: value };
  if (item === undefined) {
    const found = key === undefined ? '' : ' and has no keys';
    return problem(
      `param ${name} is an array${found}; write $(params.${name}[*]) as an item of a list, or $(params.${name}[0])`,
    );
  }
  const found = value[item];
  if (found !== undefined) return text(found);
  const items = value.length === 0 ? 'is empty' : `has the items [0] to [${value.length - 1}]`;
  return problem(`param ${name} ${items}; there is no [${item}]`);
}

function ofMap(value: Readonly<Record<string, string>>, { name, item, key }: Part): Meaning {
  const keys = Object.keys(value);
  const choice = keys.length === 0 ? 'it is empty' : `its keys are ${keys.slice(0, 8).join(', ')}`;
  if (key === undefined || item !== undefined)
    return problem(`param ${name} is an object; write $(params.${name}.KEY), ${choice}`);
  const found = Object.hasOwn(value, key) ? value[key] : undefined;
  if (found !== undefined) return text(found);
  return problem(`param ${name} has no key ${quoted(key)}; ${near(key, keys) ?? choice}`);
}

function isList(value: ParamValue): value is readonly string[] {
  return Array.isArray(value);
}

function ofWorkspace(
  { name, field }: WorkspaceReference,
  { workspaces }: Known,
  step: StepContext | undefined,
): Meaning {
  if (!workspaces.has(name)) {
    const cure = near(name, workspaces.keys()) ?? 'declare it there, or write $$( for the text itself';
    return problem(`spec.workspaces has no ${quoted(name)}; ${cure}`);
  }
  if (step?.workspaces?.has(name) === false)
    return problem(
      `step ${step.name} lists its workspaces, and ${quoted(name)} is not among them; add it there`,
    );
  const path = (step?.workspaces ?? workspaces).get(name);
  return text(field === 'path' ? (path ?? '') : String(path !== undefined));
}

function ofRun(reference: RunTimeReference, { steps }: Known, step: StepContext | undefined): Meaning {
  if (reference.of === 'outcome') {
    if (step?.isFinally === true) return { kind: 'later' };
    return problem(
      'only steps of finally know how the Task goes; use it there, or write $$( for the text itself',
    );
  }
  const results = steps.get(reference.step);
  if (results === undefined) {
    const cure = near(reference.step, steps.keys()) ?? 'name one of its steps';
    return problem(`the Task has no step ${quoted(reference.step)}; ${cure}`);
  }
  if (step !== undefined && !step.before.has(reference.step)) {
    const why =
      reference.step === step.name ? 'is this step itself' : `does not come before step ${step.name}`;
    return problem(
      `step ${reference.step} ${why}; only what is over when the step begins can be used, see after`,
    );
  }
  if (reference.field !== 'results' || results.includes(reference.result)) return { kind: 'later' };
  const cure = near(reference.result, results) ?? `add it to the results of step ${reference.step}`;
  return problem(`step ${reference.step} has no result ${quoted(reference.result)}; ${cure}`);
}

function near(name: string, names: Iterable<string>): string | undefined {
  const meant = suggest(name, names);
  return meant === undefined ? undefined : `did you mean ${quoted(meant)}?`;
}

const quoted = (name: string): string => JSON.stringify(name);
