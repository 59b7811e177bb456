/** Fills in everything that is known before a Task runs: params, and the paths of workspaces and results. Pure. */
import { ancestorsOf, predecessorsOf } from '../graph.ts';
import { field, isMap, list, namesOf, type Path } from '../loose.ts';
import { PodTooLargeError } from '../size.ts';
import type { Workspace } from '../workspaces.ts';
import { isRunTime } from './reference.ts';
import { meaningOf, type Known, type ParamValue, type StepContext } from './known.ts';
import { rulesOf, type Rules } from './places.ts';
import { forKubelet, tokensOf, type Token } from './tokens.ts';

/** Where things are, in a pod or on this machine. */
export interface Paths {
  /** `undefined`: the workspace is not bound. */
  workspace: (workspace: Workspace, subPath?: string) => string | undefined;
  /** The file of a result. Steps are numbered from 1, those of finally after the others. */
  result: (step: number, name: string) => string;
}

export interface Filling {
  /** By the names of the declared params. `undefined`: what is wrong with it is said elsewhere. */
  values: ReadonlyMap<string, ParamValue | undefined>;
  paths: Paths;
}

/** What is wrong at one place of a spec. */
export interface SpecProblem {
  /** From the spec on. */
  path: Path;
  message: string;
  /** Whatever else is wrong there follows from this. */
  isSole?: boolean;
}

/** Params or references that make no sense; no pod can be made. */
export class InvalidParamsError extends Error {
  override name = 'InvalidParamsError';
  readonly problems: readonly SpecProblem[];

  constructor(problems: readonly SpecProblem[]) {
    super(problems.map(({ path, message }) => `${placeOf(['spec', ...path])}: ${message}`).join('\n'));
    this.problems = problems;
  }
}

/** The most bytes that values become in one Task, filled in wherever they are used: more fits into no pod. */
const MAX_FILLED_BYTES = 8 * 1024 * 1024;

/** More would bury those that count. */
const MAX_PROBLEMS = 50;

/**
 * The spec with every reference filled in that can be, each once: what a value says is never read as a reference, and in a
 * text for the kubelet no value becomes a variable. References to what other steps leave stay, for `fillOf`.
 *
 * @throws {InvalidParamsError} with every reference that stands for nothing
 * @throws {PodTooLargeError} when what is filled in fits into no pod
 * @example fillIn({ steps: [{ name: 'a', args: ['$(params.x[*])'] }] }, { values: new Map([['x', ['1', '2']]]), paths }).steps[0].args // ['1', '2']
 */
export function fillIn<Spec extends object>(spec: Spec, filling: Filling): Spec {
  const { filled, problems } = tryFillIn(spec, filling);
  if (problems.length > 0) throw new InvalidParamsError(problems);
  return filled;
}

/** Like `fillIn`, of a spec of any shape. @throws {PodTooLargeError} */
export function tryFillIn<Spec>(
  spec: Spec,
  { values, paths }: Filling,
): { filled: Spec; problems: SpecProblem[] } {
  const problems: SpecProblem[] = [];
  const report: Report = (path, message, isSole = false) => {
    if (problems.length < MAX_PROBLEMS) problems.push({ path, message, isSole });
  };
  const [steps, last] = [list(field(spec, 'steps')), list(field(spec, 'finally'))];
  const names = new Map([...steps, ...last].map((step) => [nameOf(step), namesOf(field(step, 'results'))]));
  const bare = { values, workspaces: new Map<string, string | undefined>(), steps: names };
  const writer = { report, budget: { left: MAX_FILLED_BYTES } };

  // The paths of workspaces follow from what is filled in there.
  const declared = fillTree(field(spec, 'workspaces'), ['workspaces'], { ...writer, known: bare });
  const workspaces = new Map(
    list(declared).flatMap((each) =>
      nameOf(each) === '' ? [] : [[nameOf(each), each as Workspace] as const],
    ),
  );
  const bound = [...workspaces].map(([name, workspace]) => [name, paths.workspace(workspace)] as const);
  const known: Known = { ...bare, workspaces: new Map(bound) };
  /** Those that a step lists, each with its path. */
  const used = (step: unknown): StepContext['workspaces'] => {
    const listed = field(step, 'workspaces') ?? field(field(spec, 'stepTemplate'), 'workspaces');
    if (!Array.isArray(listed)) return undefined;
    // What is wrong in there is said where all of the step is.
    const uses = fillTree(listed, ['workspaces'], { ...writer, report: () => undefined, known: bare });
    return new Map(
      list(uses).map((use) => {
        const [workspace, subPath] = [workspaces.get(nameOf(use)), field(use, 'subPath')];
        const path =
          workspace && paths.workspace(workspace, typeof subPath === 'string' ? subPath : undefined);
        return [nameOf(use), path];
      }),
    );
  };

  const contexts = contextsOf([steps, last], { results: names, paths, used });
  const inSteps = (key: 'steps' | 'finally', first: number): unknown =>
    eachItem(field(spec, key), (step, index) =>
      fillTree(step, [key, index], { ...writer, known, step: contexts[first + index], isContainer: true }),
    );
  const inOther = (key: string, isContainer: boolean): unknown =>
    isContainer && Array.isArray(field(spec, key))
      ? eachItem(field(spec, key), (item, index) =>
          fillTree(item, [key, index], { ...writer, known, isContainer }),
        )
      : fillTree(field(spec, key), [key], { ...writer, known, isContainer });
  const filled: Record<string, unknown> = {
    workspaces: declared,
    steps: inSteps('steps', 0),
    finally: inSteps('finally', steps.length),
    sidecars: inOther('sidecars', true),
    stepTemplate: inOther('stepTemplate', true),
    volumes: inOther('volumes', false),
    podTemplate: inOther('podTemplate', false),
    results: inOther('results', false),
  };
  const changed = Object.entries(filled).filter(([key, value]) => value !== field(spec, key));
  return { filled: changed.length === 0 ? spec : { ...spec, ...Object.fromEntries(changed) }, problems };
}

type Report = (path: Path, message: string, isSole?: boolean) => void;

interface Around {
  known: Known;
  report: Report;
  /** Bytes. */
  budget: { left: number };
  /** The step that the place is in. */
  step?: StepContext | undefined;
  isContainer?: boolean;
}

/** What each step, those of finally too, can refer to. */
function contextsOf(
  [steps, last]: readonly [readonly unknown[], readonly unknown[]],
  {
    results,
    paths,
    used,
  }: {
    results: ReadonlyMap<string, readonly string[]>;
    paths: Paths;
    used: (step: unknown) => StepContext['workspaces'];
  },
): StepContext[] {
  const all = [...steps, ...last];
  const predecessors = predecessorsOf({ steps: steps.map(placed), finally: last.map(placed) });
  return all.map((step, index) => {
    const before = ancestorsOf(predecessors, index + 1).map((number) => nameOf(all[number - 1]));
    return {
      name: nameOf(step),
      isFinally: index >= steps.length,
      results: new Map(namesOf(field(step, 'results')).map((name) => [name, paths.result(index + 1, name)])),
      workspaces: used(step),
      before: new Map(before.map((name) => [name, results.get(name) ?? []])),
    };
  });
}

/** As much of a step as its place follows from. */
const placed = (step: unknown): { name: string; after: string[] | undefined } => {
  const after = field(step, 'after');
  return { name: nameOf(step), after: Array.isArray(after) ? namesOf(after) : undefined };
};

const nameOf = (item: unknown): string => {
  const name = field(item, 'name');
  return typeof name === 'string' ? name : '';
};

function eachItem(value: unknown, fill: (item: unknown, index: number) => unknown): unknown {
  if (!Array.isArray(value)) return value;
  const items = value.map(fill);
  return items.every((item, index) => item === value[index]) ? value : items;
}

/** @param path - from the spec on; what `isContainer` says about begins there */
function fillTree(value: unknown, path: Path, around: Around): unknown {
  const begin = path.length;
  const walk = (at: unknown, here: Path, inList: boolean): unknown => {
    if (typeof at === 'string')
      return fillText(at, here, rulesAt(here.slice(begin), path, around), inList, around);
    if (Array.isArray(at)) {
      const items = at.flatMap((item: unknown, index) => {
        const filled = walk(item, [...here, index], true);
        return typeof item === 'string' ? filled : [filled];
      });
      return items.length === at.length && items.every((item, index) => item === at[index]) ? at : items;
    }
    if (!isMap(at)) return at;
    let isChanged = false;
    const entries = Object.entries(at).map(([key, inner]: [string, unknown]) => {
      if (key.includes('$(') && tokensOf(key, 'anybody').some(({ kind }) => kind === 'reference'))
        around.report([...here, key], 'the name of a field takes no reference; write the name itself');
      const filled = walk(inner, [...here, key], false);
      isChanged ||= filled !== inner;
      return [key, filled] as const;
    });
    return isChanged ? Object.fromEntries(entries) : at;
  };
  return walk(value, path, false);
}

function rulesAt(inside: Path, [top]: Path, { isContainer, step }: Around): Rules {
  const place = inside
    .map((part) => (typeof part === 'number' ? '[]' : `.${part}`))
    .join('')
    .replace(/^\./, '');
  if (isContainer === true) {
    const rules = rulesOf(place);
    return { ...rules, runTime: rules.runTime && step !== undefined };
  }
  if (place === '[].name') return rulesOf('name');
  if (top === 'workspaces' && place === '[].mountPath') return rulesOf('workspace.mountPath');
  // Read as the kubelet would: a value cannot become a reference to a step.
  if (top === 'results' && place === '[].value') return { reader: 'kubelet', runTime: true };
  return { reader: 'anybody', runTime: false };
}

/** A text, or the items that take its place in a list. */
function fillText(
  text: string,
  path: Path,
  rules: Rules,
  inList: boolean,
  around: Around,
): string | readonly string[] {
  if (!text.includes('$(')) return text;
  const tokens = tokensOf(text, rules.reader);
  if (rules.refused !== undefined) {
    for (const token of tokens)
      if (token.kind === 'reference') around.report(path, `${token.text}: ${rules.refused}`, true);
    return text;
  }
  const { report, budget } = around;
  const problem = (token: Token, message: string): string => {
    report(path, `${token.text}: ${message}`);
    return token.text;
  };
  const spend = (value: string): string => {
    const written = rules.reader === 'kubelet' ? forKubelet(value) : value;
    budget.left -= Buffer.byteLength(written) + 1;
    if (budget.left < 0) throw new PodTooLargeError(MAX_FILLED_BYTES, 'what its params become at least');
    return written;
  };
  const parts = tokens.map((token): string | readonly string[] => {
    if (token.kind !== 'reference') return token.text;
    if (isRunTime(token.reference) && !rules.runTime)
      return problem(token, OF_STEPS.has(path[0]) ? LATE : BEFORE);
    const meaning = meaningOf(token.reference, around.known, around.step);
    switch (meaning.kind) {
      case 'text':
        return spend(meaning.text);
      case 'items':
        if (tokens.length === 1 && inList) return meaning.items.map(spend);
        return problem(
          token,
          `stands for several texts; write it as an item of a list, with no other text beside it`,
        );
      case 'problem':
        return problem(token, meaning.message);
      case 'later':
      case 'unknown':
        return token.text;
    }
  });
  const [only = ''] = parts;
  const filled = parts.length === 1 ? only : parts.join('');
  const wrong = typeof filled === 'string' && filled !== text ? rules.problem?.(filled) : undefined;
  if (wrong !== undefined) report(path, `${text}: with the values filled in, ${wrong}`);
  return filled;
}

const LATE =
  'is known only when the other step is over, and here nobody can fill it in any more; put it into env of the step, and use the variable';

const BEFORE =
  'is known only when the step is over, and this is made before the first begins; use it in a step, or let the step write it into a workspace';

const OF_STEPS = new Set<unknown>(['steps', 'finally', 'stepTemplate']);

/** A path in the way people write it. */
function placeOf(path: Path): string {
  return path
    .map((part, index) => (typeof part === 'number' ? `[${part}]` : `${index === 0 ? '' : '.'}${part}`))
    .join('');
}
