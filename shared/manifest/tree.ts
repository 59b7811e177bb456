import {
  type Alias,
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  type ParsedNode,
  type Pair,
  type YAMLMap,
} from 'yaml';
import { type Path, quote } from './words.ts';

export type Field = Pair<ParsedNode, ParsedNode | null>;
type MapNode = Extract<ParsedNode, YAMLMap>;

/** A YAML document as plain values, with what `locate.ts` needs to find the place of each of them. */
export interface Tree {
  value: unknown;
  root: ParsedNode | null;
  findings: TreeFinding[];
  /** Its aliases were too much to write out: what comes after that is missing from the value. */
  exhausted: boolean;
  /** The fields of every map by name, merged ones included. */
  fields: ReadonlyMap<YAMLMap, ReadonlyMap<string, Field>>;
  /** What every alias stands for. */
  targets: ReadonlyMap<Alias, ParsedNode>;
}

export interface TreeFinding {
  offset: number;
  path: Path;
  message: string;
}

/**
 * How much a document may become when its aliases are written out. Without a bound, a few hundred bytes of aliases of
 * aliases are billions of values for whoever walks over them.
 */
const MAX_VALUES = 300_000;
const MAX_DEPTH = 100;

/**
 * Makes plain values of a document in the way of `kubectl`: names of fields become strings, aliases become what they stand
 * for, `<<` merges maps, where what a map says itself counts more. Duplicate fields and what JSON cannot hold are findings.
 */
export function buildTree(document: Document.Parsed): Tree {
  const builder = new Builder();
  const root = document.contents;
  const { value } = builder.build(root, []);
  const { findings, exhausted, fields, targets } = builder;
  return { value, root, findings, exhausted, fields, targets };
}

interface Built {
  value: unknown;
  /** Values in it, itself included, with aliases written out. */
  size: number;
  /** Levels of maps and lists in it. */
  depth: number;
}

class Builder {
  readonly findings: TreeFinding[] = [];
  readonly fields = new Map<YAMLMap, Map<string, Field>>();
  readonly targets = new Map<Alias, ParsedNode>();
  readonly #values = new Map<YAMLMap, Record<string, unknown>>();
  readonly #anchors = new Map<string, { node: ParsedNode; built: Built | undefined }>();
  exhausted = false;
  #spent = 0;

  build(node: ParsedNode | null, path: Path): Built {
    if (isAlias(node)) return this.#alias(node, path);
    if (node?.anchor === undefined) return this.#plain(node, path);
    const entry: { node: ParsedNode; built: Built | undefined } = { node, built: undefined };
    this.#anchors.set(node.anchor, entry);
    entry.built = this.#plain(node, path);
    return entry.built;
  }

  #plain(node: ParsedNode | null, path: Path): Built {
    this.#spent += 1;
    if (isMap(node)) return this.#map(node, path);
    if (isSeq(node)) return this.#list(node.items, path);
    const value: unknown = isScalar(node) ? node.value : null;
    if (typeof value === 'number' && !Number.isFinite(value)) {
      this.#report(
        node,
        path,
        'Kubernetes cannot store this number, since JSON has no such number; write it in quotes',
      );
    }
    return { value, size: 1, depth: 0 };
  }

  #alias(alias: Alias.Parsed, path: Path): Built {
    const nothing = { value: null, size: 1, depth: 0 };
    const entry = this.#anchors.get(alias.source);
    if (entry?.built === undefined) {
      const shown = quote(`*${alias.source}`) ?? 'this alias';
      const why = entry === undefined ? 'has no anchor (&name) before it' : 'stands inside of its own anchor';
      this.#report(alias, path, `the alias ${shown} ${why}; correct the name, or put the text in quotes`);
      return nothing;
    }
    const { size, depth } = entry.built;
    if (this.#spent + size > MAX_VALUES || path.length + depth > MAX_DEPTH) {
      // One finding is enough: what follows is a hundred more of the kind.
      if (!this.exhausted) this.#report(alias, path, EXPLODES);
      this.exhausted = true;
      return nothing;
    }
    this.#spent += size;
    this.targets.set(alias, entry.node);
    return entry.built;
  }

  #list(items: readonly (ParsedNode | null)[], path: Path): Built {
    const value: unknown[] = [];
    const all: Built = { value, size: 1, depth: 1 };
    for (const [index, item] of items.entries()) value.push(include(all, this.build(item, [...path, index])));
    return all;
  }

  #map(node: MapNode, path: Path): Built {
    const value: Record<string, unknown> = {};
    const all: Built = { value, size: 1, depth: 1 };
    const fields = new Map<string, Field>();
    const merges: ParsedNode[] = [];
    for (const field of node.items) {
      if (isMergeKey(field.key) && field.value !== null) {
        include(all, this.build(field.value, path));
        merges.push(field.value);
        continue;
      }
      const name = this.#name(field.key, path);
      if (name === undefined) continue;
      const own = [...path, name];
      if (name === '__proto__') this.#report(field.key, own, 'unknown field; remove it');
      else if (fields.has(name))
        this.#report(field.key, own, 'this field is here twice; keep one of the two');
      else {
        fields.set(name, field);
        value[name] = include(all, this.build(field.value, own));
      }
    }
    for (const source of merges) this.#merge(source, value, fields, path);
    this.fields.set(node, fields);
    this.#values.set(node, value);
    return all;
  }

  #name(key: ParsedNode, path: Path): string | undefined {
    const { value } = this.build(key, path);
    if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean')
      return String(value);
    if (value === null) this.#report(key, path, 'a field without a name; write the name before the ":"');
    else
      this.#report(
        key,
        path,
        'a map or list where the name of a field was expected; if this is a template, render it first',
      );
    return undefined;
  }

  #merge(source: ParsedNode, into: Record<string, unknown>, fields: Map<string, Field>, path: Path): void {
    const node = (isAlias(source) ? this.targets.get(source) : source) ?? source;
    if (isSeq(node)) {
      for (const item of node.items) {
        if (isSeq(item)) this.#report(item, path, NOT_MERGEABLE);
        else this.#merge(item, into, fields, path);
      }
      return;
    }
    // An alias that is still one here stands for nothing and was reported.
    if (isAlias(node)) return;
    const from = isMap(node) ? this.#values.get(node) : undefined;
    if (!isMap(node) || from === undefined) return this.#report(source, path, NOT_MERGEABLE);
    for (const [name, field] of this.fields.get(node) ?? []) {
      if (fields.has(name)) continue;
      fields.set(name, field);
      into[name] = from[name];
    }
  }

  #report(node: ParsedNode | null, path: Path, message: string): void {
    this.findings.push({ offset: node?.range?.[0] ?? 0, path, message });
  }
}

const EXPLODES = `with its aliases written out, this document has more than ${MAX_VALUES.toLocaleString('en')} values or ${MAX_DEPTH} levels; write out fewer`;
const NOT_MERGEABLE = 'expected a map, or a list of maps, to merge with "<<"';

function include(all: Built, part: Built): unknown {
  all.size += part.size;
  all.depth = Math.max(all.depth, part.depth + 1);
  return part.value;
}

function isMergeKey(key: ParsedNode): boolean {
  return isScalar(key) && key.type === 'PLAIN' && key.value === '<<';
}
