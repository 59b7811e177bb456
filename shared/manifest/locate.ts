import { isAlias, isMap, isScalar, isSeq, type ParsedNode } from 'yaml';
import type { Field, Tree } from './tree.ts';
import type { Path } from './words.ts';

/** A place in the text and what stands there. */
export interface Spot {
  offset: number;
  /** The scalar as it is written, without quotes; `undefined` for a map, a list or nothing. */
  source: string | undefined;
}

/** Finds the value at a path. Where there is none: the map or list it is missing from. */
export function locateValue(tree: Tree, path: Path): Spot {
  const { node, field } = walk(tree, path);
  const meant = isAlias(node) ? tree.targets.get(node) : node;
  const source = isScalar(meant) ? meant.source : undefined;
  // Nothing is written after "image:", and the parser puts the end of that anywhere up to the next field.
  const written = node === null || source === '' ? (field?.key ?? node) : node;
  return { offset: written?.range?.[0] ?? 0, source };
}

/** Finds the name of the field at a path. */
export function locateName(tree: Tree, path: Path): Spot {
  const { field } = walk(tree, path);
  return { offset: field?.key.range?.[0] ?? 0, source: undefined };
}

/** The node at a path, which may be an alias. */
export function nodeAt(tree: Tree, path: Path): ParsedNode | null {
  return walk(tree, path).node;
}

function walk(tree: Tree, path: Path): { node: ParsedNode | null; field: Field | undefined } {
  let node = tree.root;
  let field: Field | undefined;
  for (const part of path) {
    const parent: ParsedNode | null = (isAlias(node) ? tree.targets.get(node) : node) ?? null;
    if (isMap(parent)) {
      const next = tree.fields.get(parent)?.get(String(part));
      if (next === undefined) break;
      field = next;
      node = next.value;
    } else if (isSeq(parent) && typeof part === 'number' && part < parent.items.length) {
      node = parent.items[part] ?? null;
    } else break;
  }
  return { node, field };
}
