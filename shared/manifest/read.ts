import type { Document } from 'yaml';
import { isScalar } from 'yaml';
import type { Task } from '../task/task.ts';
import { KIND } from '../task/api.ts';
import { declaredParams, type GivenParam } from '../task/given-params.ts';
import { field } from '../task/loose.ts';
import { checkObject } from './check.ts';
import type { DataObject } from './data-objects.ts';
import { ManifestError, type Problem } from './errors.ts';
import { givenOf, undeclared, type ReadOptions } from './given.ts';
import { locateValue } from './locate.ts';
import { objectsIn } from './objects.ts';
import { decode, type Finding, Lines } from './text.ts';
import { buildTree, type TreeFinding } from './tree.ts';
import { formatPath, type Path } from './words.ts';
import { parseYaml } from './yaml.ts';

/** Something, and where its name stands. */
export interface Placed<Value> {
  value: Value;
  file: string;
  line: number;
  column: number;
}

/** What one text holds, before anybody knows whether it is of use. */
export interface Read {
  tasks: Placed<Task>[];
  /** The ConfigMaps and Secrets beside them. */
  data: Placed<DataObject>[];
  /** The names of the Tasks' params, also of those that are wrong. */
  params: string[];
  /** The objects of other kinds, in words: `Deployment web`. */
  others: Placed<string>[];
  problems: Problem[];
  /** What to say when there is no Task here nor in any other text. */
  noTask: Problem[];
}

/**
 * Reads all Tasks of a YAML or JSON text, in the way `kubectl` reads YAML (1.1: `yes` is a boolean, `0755` is octal).
 *
 * @param text - UTF-8 bytes or a string, at most 1 MiB, of one or more documents, Lists among them
 * @param file - the name of the file for messages
 * @param options - values for params
 * @returns the Tasks in the order written, without the objects beside them; at least one
 * @throws ManifestError with every problem of the text, when there is any
 *
 * @example
 * const [task] = parseTasks(await readFile('task.yaml'), 'task.yaml');
 */
export function parseTasks(text: string | Uint8Array, file: string, options: ReadOptions = {}): Task[] {
  const given = givenOf(options);
  return together([readObjects(text, file, given)], given).tasks;
}

/** Like `parseTasks`, but gives everything back, the problems too, and lets objects have the same name. */
export function readObjects(
  input: string | Uint8Array,
  file: string,
  given: readonly GivenParam[] = [],
): Read {
  const { text, finding } = decode(input);
  const lines = new Lines(text);
  const problem = ({ offset, path, message }: Finding & { path?: TreeFinding['path'] }): Problem => ({
    file,
    ...lines.at(offset),
    path: formatPath(path ?? []),
    message,
  });
  const read: Read = { tasks: [], data: [], params: [], others: [], problems: [], noTask: [] };
  if (finding !== undefined) return { ...read, problems: [problem(finding)] };

  const parsed = parseYaml(text);
  if (parsed.findings.length > 0) return { ...read, problems: firstOfEachLine(parsed.findings.map(problem)) };

  const documents = parsed.documents.filter((document) => !isEmpty(document));
  if (documents.length === 0) {
    const message = 'no Task found; the file is empty or has only comments';
    return { ...read, problems: [problem({ offset: 0, message })] };
  }
  for (const document of documents) {
    const { objects, findings } = objectsIn(buildTree(document));
    read.problems.push(...inOrder(findings.map(problem)));
    for (const { tree, at } of objects) {
      const checked = checkObject(tree, given);
      read.params.push(...declaredParams(field(tree.value, 'spec')));
      const placed = <Value>(value: Value, path: Path): Placed<Value> => ({
        value,
        file,
        ...lines.at(locateValue(tree, path).offset),
      });
      if ('task' in checked) read.tasks.push(placed(checked.task, ['metadata', 'name']));
      else if ('data' in checked) read.data.push(placed(checked.data, ['metadata', 'name']));
      else {
        const problems = checked.findings.map((each) => problem({ ...each, path: [...at, ...each.path] }));
        if ('other' in checked) read.others.push(placed(checked.other, []));
        ('other' in checked ? read.noTask : read.problems).push(...inOrder(problems));
      }
    }
  }
  if (read.noTask.length === 0) read.noTask.push(problem({ offset: 0, message: 'no Task found' }));
  return read;
}

/** What several texts hold together. */
export interface Manifests {
  /** At least one. */
  tasks: Task[];
  /** The ConfigMaps and Secrets beside them. */
  data: DataObject[];
  /** What is not used, and where it stands. */
  others: Placed<string>[];
}

/**
 * @param given - values for params, of which each must have found its Task
 * @throws ManifestError with all their problems, also when two are the same object, or when none is a Task
 */
export function together(reads: readonly Read[], given: readonly GivenParam[] = []): Manifests {
  const tasks = reads.flatMap((read) => read.tasks);
  const data = reads.flatMap((read) => read.data);
  const problems = [
    ...reads.flatMap((read) => read.problems),
    ...duplicates(tasks, ({ metadata }) => ({ kind: KIND, ...metadata })),
    ...duplicates(data, (object) => object),
    ...undeclared(
      given,
      reads.flatMap(({ params }) => params),
    ),
  ];
  if (tasks.length === 0 && reads.every((read) => read.problems.length === 0))
    problems.unshift(...reads.flatMap((read) => read.noTask));
  if (problems.length > 0) throw new ManifestError(problems);
  return {
    tasks: tasks.map(({ value }) => value),
    data: data.map(({ value }) => value),
    others: reads.flatMap(({ others }) => others),
  };
}

/** Finds those that would be the same object of the cluster. */
function duplicates<Value>(
  all: readonly Placed<Value>[],
  identify: (value: Value) => { kind: string; name?: string | undefined; namespace?: string | undefined },
): Problem[] {
  const seen = new Map<string, Placed<Value>>();
  return all.flatMap((placed) => {
    const { value, ...place } = placed;
    const { kind, name, namespace } = identify(value);
    const id = `${kind} ${namespace ?? ''}/${name}`;
    const first = seen.get(id);
    // Those that get a name from the cluster get different ones.
    if (!name || first === undefined) {
      seen.set(id, placed);
      return [];
    }
    const where = `${first.file}:${first.line}:${first.column}`;
    const message = `the ${kind} "${name}" is at ${where} already; give one of them another name or namespace`;
    return [{ ...place, path: 'metadata.name', message }];
  });
}

/** Nothing between two "---" is no document for kubectl either. */
function isEmpty({ contents }: Document.Parsed): boolean {
  return contents === null || (isScalar(contents) && contents.value === null);
}

/** A syntax error often makes the parser stumble over the rest of the line as well. */
function firstOfEachLine(problems: readonly Problem[]): Problem[] {
  const seen = new Set<number>();
  return inOrder(problems).filter(({ line }) => !seen.has(line) && seen.add(line));
}

function inOrder(problems: readonly Problem[]): Problem[] {
  return problems.toSorted((a, b) => a.line - b.line || a.column - b.column);
}
