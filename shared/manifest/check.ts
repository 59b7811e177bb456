import type { z } from 'zod';
import { API_VERSION, KIND, OWN_PREFIX, RESUME_KIND } from '../task/api.ts';
import { giveParams, type GivenParam, type WithParams } from '../task/given-params.ts';
import { type Task, taskSchema } from '../task/task.ts';
import { dataObject, dataSchemas, type DataObject } from './data-objects.ts';
import { expectation } from './expect.ts';
import { explainIssue, explainUnknown } from './explain.ts';
import { describe, showable } from './found.ts';
import { locateName, locateValue } from './locate.ts';
import type { Tree, TreeFinding } from './tree.ts';
import { isMap } from '../task/loose.ts';
import { suggest } from './suggest.ts';
import { findUnknown, type UnknownField } from './unknown.ts';
import { formatPath, quote } from './words.ts';

export type Checked =
  | { task: Task }
  | { data: DataObject }
  /** An object of another kind, and what keeps it from being a Task. */
  | { other: string; findings: TreeFinding[] }
  | { findings: TreeFinding[] };

/** Decides what an object is, and says everything that keeps it from being what it is meant to be. */
export function checkObject(tree: Tree, given: readonly GivenParam[] = []): Checked {
  if (tree.exhausted) return { findings: tree.findings };
  const kind = kindOf(tree.value);
  const checked =
    kind === 'Task' ? checkTask(tree, given) : kind === 'other' ? otherOf(tree) : checkData(tree, kind);
  if (tree.findings.length === 0) return checked;
  // Where the YAML itself is wrong there is a stand-in: what the schema thinks of that is of no interest.
  const wrong = new Set(tree.findings.map(({ path }) => formatPath(path)));
  const isStandIn = ({ path }: TreeFinding): boolean =>
    path.some((_, index) => wrong.has(formatPath(path.slice(0, index + 1))));
  const others =
    'findings' in checked && !('other' in checked)
      ? checked.findings.filter((finding) => !isStandIn(finding))
      : [];
  return { findings: [...tree.findings, ...others] };
}

/** What somebody did not say, or said in our group, is taken for a Task, so that it is told what a Task wants. */
function kindOf(value: unknown): 'Task' | 'other' | DataObject['kind'] {
  if (!isMap(value)) return 'Task';
  const { apiVersion, kind } = value;
  if (typeof kind !== 'string' || typeof apiVersion !== 'string' || kind === '' || apiVersion === '')
    return 'Task';
  if (apiVersion === 'v1' && (kind === 'ConfigMap' || kind === 'Secret')) return kind;
  // For a cluster: nothing that could be held is there yet where a manifest is read.
  if (apiVersion === API_VERSION && kind === RESUME_KIND) return 'other';
  const isOurs = apiVersion.startsWith(OWN_PREFIX) || (kind === KIND && suggest(apiVersion, [API_VERSION]));
  return isOurs ? 'Task' : 'other';
}

function otherOf(tree: Tree): Checked {
  const { kind, metadata } = isMap(tree.value) ? tree.value : {};
  const name = isMap(metadata) ? (metadata['name'] ?? metadata['generateName']) : undefined;
  const words = [kind, name].filter((word) => typeof word === 'string').map((word) => quote(word) ?? '…');
  return { other: words.join(' ').replaceAll('"', ''), findings: checkKind(tree) };
}

function checkData(tree: Tree, kind: DataObject['kind']): Checked {
  const schema = dataSchemas[kind];
  const result = schema.safeParse(tree.value, { error: expectation });
  const unknown = findUnknown(schema, tree.value);
  if (result.success && unknown.length === 0) return { data: dataObject(result.data) };
  return { findings: explainAll(tree, result.error?.issues ?? [], unknown) };
}

function checkTask(tree: Tree, given: readonly GivenParam[]): Checked {
  const foreign = checkKind(tree);
  if (foreign.length > 0 && !isMeantAsTask(tree.value)) return { findings: foreign };

  const spec = valueAt(tree.value, ['spec']);
  const withParams = giveParams(spec, given);
  const value = withParams.spec === spec ? tree.value : { ...(tree.value as object), spec: withParams.spec };
  const result = taskSchema.safeParse(value, { error: expectation });
  const unknown = findUnknown(taskSchema, tree.value);
  const ofGiven = withParams.problems.map(({ path, message }) => ({
    offset: locateValue(tree, ['spec', ...path]).offset,
    path: ['spec', ...path],
    message,
  }));
  if (result.success && unknown.length + ofGiven.length === 0) return { task: result.data };

  const tooMany = result.error?.issues.find(isTooManySteps);
  // Thousands of steps tend to come from a generator: a complaint about each of them would bury the one that counts.
  if (tooMany !== undefined) {
    const finding = explainAt(tree, tooMany);
    return { findings: [{ ...finding, message: `${finding.message}; make several Tasks of it` }] };
  }

  const issues = (result.error?.issues ?? []).filter(
    ({ path }) =>
      !(path.length === 1 && foreign.some((finding) => finding.path[0] === path[0])) &&
      // Where the value that was given makes no sense, that none is there says nothing more.
      !ofGiven.some((finding) => formatPath(finding.path) === formatPath(path)),
  );
  const explained = explainAll(tree, issues, unknown).map((finding) => fromOutside(finding, withParams));
  return { findings: [...foreign, ...ofGiven, ...explained] };
}

/** What is wrong with a value that is not in the manifest says where it is. */
function fromOutside(finding: TreeFinding, { from }: WithParams): TreeFinding {
  const [spec, params, index, field] = finding.path;
  if (spec !== 'spec' || params !== 'params' || field !== 'value') return finding;
  const source = from.get(Number(index));
  return source === undefined ? finding : { ...finding, message: `${source}: ${finding.message}` };
}

/** Whether an issue makes all others of its place superfluous. */
function isSole(issue: z.core.$ZodIssue): boolean {
  return issue.code === 'custom' && issue.params?.['isSole'] === true;
}

function explainAll(
  tree: Tree,
  issues: readonly z.core.$ZodIssue[],
  unknown: readonly UnknownField[],
): TreeFinding[] {
  // A field that is misspelt is not missing as well.
  const misspelt = new Set(
    unknown.flatMap(({ path, suggestion }) =>
      suggestion === undefined ? [] : formatPath([...path.slice(0, -1), suggestion]),
    ),
  );
  const sole = new Set(issues.filter(isSole).map(({ path }) => formatPath(path)));
  return [
    ...unknown.map((field) => ({
      offset: locateName(tree, field.path).offset,
      path: field.path,
      message: explainUnknown(field),
    })),
    ...issues
      .filter((issue) => isSole(issue) || !sole.has(formatPath(issue.path)))
      .filter(
        ({ code, path }) =>
          code !== 'unrecognized_keys' &&
          !(misspelt.has(formatPath(path)) && valueAt(tree.value, path) === undefined),
      )
      .map((issue) => explainAt(tree, issue)),
  ];
}

/** One that only lacks its apiVersion, or has that of another release, is a Task with more than that to be said about it. */
function isMeantAsTask(value: unknown): boolean {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  const kind: unknown = Reflect.get(value, 'kind');
  const version: unknown = Reflect.get(value, 'apiVersion');
  const isOurs = typeof version === 'string' && version.startsWith(OWN_PREFIX);
  return kind === KIND
    ? version === undefined || isOurs
    : kind === undefined && (isOurs || version === undefined);
}

/** Another kind or version is one complaint: nothing else in such a document is meant for taskflow. */
function checkKind(tree: Tree): TreeFinding[] {
  const { value } = tree;
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    const found = describe(value, showable(value, locateValue(tree, []).source, []));
    const message = `expected a map with apiVersion, kind, metadata and spec, found ${found}`;
    return [{ offset: locateValue(tree, []).offset, path: [], message }];
  }
  const wanted = { apiVersion: API_VERSION, kind: KIND };
  return Object.entries(wanted).flatMap(([name, want]) => {
    const path = [name];
    const given: unknown = Reflect.get(value, name);
    if (given === want) return [];
    const { offset, source } = locateValue(tree, path);
    if (given === undefined) return [{ offset, path, message: `missing; write "${name}: ${want}"` }];
    const found = describe(given, showable(given, source, path));
    return [{ offset, path, message: `expected "${want}", found ${found}; taskflow runs Tasks only` }];
  });
}

function isTooManySteps({ code, path }: z.core.$ZodIssue): boolean {
  return code === 'too_big' && formatPath(path) === 'spec.steps';
}

function explainAt(tree: Tree, issue: z.core.$ZodIssue): TreeFinding {
  const { offset, source } = locateValue(tree, issue.path);
  return { offset, path: issue.path, message: explainIssue(issue, valueAt(tree.value, issue.path), source) };
}

function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
  let at = value;
  for (const part of path) {
    if (typeof at !== 'object' || at === null || !Object.hasOwn(at, part)) return undefined;
    at = Reflect.get(at, part);
  }
  return at;
}
