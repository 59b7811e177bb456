/** The objects of a document: a List holds several, and only some of them are Tasks. */
import { isMap } from '../task/loose.ts';
import { locateValue, nodeAt } from './locate.ts';
import type { Tree, TreeFinding } from './tree.ts';
import type { Path } from './words.ts';

/** One object, and where it is in its document. */
export interface PlacedTree {
  tree: Tree;
  at: Path;
}

/**
 * Takes Lists apart, `kind: List` as `kubectl get` prints it and `TaskList` as the API does; whatever else a document
 * is, it is one object.
 */
export function objectsIn(tree: Tree, at: Path = []): { objects: PlacedTree[]; findings: TreeFinding[] } {
  const { value } = tree;
  if (tree.exhausted || !isMap(value) || !isList(value)) return { objects: [{ tree, at }], findings: [] };
  const items = value['items'] ?? [];
  if (!Array.isArray(items)) {
    const { offset } = locateValue(tree, ['items']);
    const message = 'expected a list of objects';
    return { objects: [], findings: [...tree.findings, { offset, path: [...at, 'items'], message }] };
  }
  const below = items.map((item: unknown, index) =>
    objectsIn(itemOf(tree, value, item, index), [...at, 'items', index]),
  );
  const own = tree.findings.filter(({ path }) => path[0] !== 'items' || typeof path[1] !== 'number');
  return {
    objects: below.flatMap(({ objects }) => objects),
    findings: [
      ...own.map((finding) => ({ ...finding, path: [...at, ...finding.path] })),
      ...below.flatMap(({ findings }) => findings),
    ],
  };
}

/** As kubectl has it: whatever has items is a list, and its items may leave it to the list what they are. */
function isList(value: Record<string, unknown>): boolean {
  return 'items' in value && typeof value['kind'] === 'string' && value['kind'].endsWith('List');
}

function itemOf(
  tree: Tree,
  { apiVersion, kind }: Record<string, unknown>,
  item: unknown,
  index: number,
): Tree {
  const findings = tree.findings
    .filter(({ path }) => path[0] === 'items' && path[1] === index)
    .map((finding) => ({ ...finding, path: finding.path.slice(2) }));
  const says = !isMap(item) || item['kind'] !== undefined || item['apiVersion'] !== undefined;
  const value = says ? item : { apiVersion, kind: String(kind).replace(/List$/, ''), ...item };
  return { ...tree, value, findings, root: nodeAt(tree, ['items', index]) };
}
