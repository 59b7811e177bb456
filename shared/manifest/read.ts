import type { Document } from 'yaml';
import { isScalar } from 'yaml';
import type { Task } from '../task/task.ts';
import { checkTask } from './check.ts';
import { ManifestError, type Problem } from './errors.ts';
import { locateValue } from './locate.ts';
import { decode, type Finding, Lines } from './text.ts';
import { buildTree, type TreeFinding } from './tree.ts';
import { formatPath } from './words.ts';
import { parseYaml } from './yaml.ts';

/** A Task and where its name stands. */
export interface PlacedTask {
  task: Task;
  file: string;
  line: number;
  column: number;
}

/**
 * Reads all Tasks of a YAML or JSON text, in the way `kubectl` reads YAML (1.1: `yes` is a boolean, `0755` is octal).
 *
 * @param text - UTF-8 bytes or a string, at most 1 MiB, of one or more documents
 * @param file - the name of the file for messages
 * @returns the Tasks in the order written; at least one
 * @throws ManifestError with every problem of the text, when there is any
 *
 * @example
 * const [task] = parseTasks(await readFile('task.yaml'), 'task.yaml');
 */
export function parseTasks(text: string | Uint8Array, file: string): Task[] {
  const { tasks, problems } = readTasks(text, file);
  const all = [...problems, ...findDuplicates(tasks)];
  if (all.length > 0) throw new ManifestError(all);
  return tasks.map(({ task }) => task);
}

/** Like `parseTasks`, but gives the problems back, and lets Tasks have the same name. */
export function readTasks(
  input: string | Uint8Array,
  file: string,
): { tasks: PlacedTask[]; problems: Problem[] } {
  const { text, finding } = decode(input);
  const lines = new Lines(text);
  const place = ({ offset, path, message }: Finding & { path?: TreeFinding['path'] }): Problem => ({
    file,
    ...lines.at(offset),
    path: formatPath(path ?? []),
    message,
  });
  if (finding !== undefined) return { tasks: [], problems: [place(finding)] };

  const { documents, findings } = parseYaml(text);
  if (findings.length > 0) return { tasks: [], problems: firstOfEachLine(findings.map(place)) };

  const tasks: PlacedTask[] = [];
  const problems: Problem[] = [];
  for (const document of documents) {
    if (isEmpty(document)) continue;
    const tree = buildTree(document);
    const checked = checkTask(tree);
    if ('task' in checked) {
      const { offset } = locateValue(tree, ['metadata', 'name']);
      tasks.push({ task: checked.task, file, ...lines.at(offset) });
    } else problems.push(...inOrder(checked.findings.map(place)));
  }
  if (tasks.length === 0 && problems.length === 0) {
    problems.push(place({ offset: 0, message: 'no Task found; the file is empty or has only comments' }));
  }
  return { tasks, problems };
}

/** Finds Tasks that would be the same object of the cluster. */
export function findDuplicates(tasks: readonly PlacedTask[]): Problem[] {
  const seen = new Map<string, PlacedTask>();
  return tasks.flatMap((placed) => {
    const { task, file, line, column } = placed;
    const { name, namespace } = task.metadata;
    const id = `${namespace ?? ''}/${name}`;
    const first = seen.get(id);
    if (first === undefined) {
      seen.set(id, placed);
      return [];
    }
    const where = `${first.file}:${first.line}:${first.column}`;
    const message = `the Task "${name}" is at ${where} already; give one of them another name or namespace`;
    return [{ file, line, column, path: 'metadata.name', message }];
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
