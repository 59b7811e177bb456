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
  type YAMLSeq,
} from 'yaml';
import { MERGE } from './scalars.ts';
import { type Path, quote } from './words.ts';

export type Field = Pair<ParsedNode, ParsedNode | null>;
type MapNode = Extract<ParsedNode, YAMLMap>;
type ListNode = YAMLSeq.Parsed;

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
 * for, and `<<` merges maps. As in kubectl a merge counts more than the fields before it, and less than those after it.
 * Duplicate fields and what JSON cannot hold are findings.
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
    if (isSeq(node)) return this.#list(node, path);
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

  #list(node: ListNode, path: Path): Built {
    const value: unknown[] = [];
    const all: Built = { value, size: 1, depth: 1 };
    for (const [index, item] of node.items.entries()) {
      if (node.flow) this.#inBrackets(item, [...path, index]);
      value.push(include(all, this.build(item, [...path, index])));
    }
    return all;
  }

  #map(node: MapNode, path: Path): Built {
    const value: Record<string, unknown> = {};
    const all: Built = { value, size: 1, depth: 1 };
    const fields = new Map<string, Field>();
    const own = new Set<string>();
    for (const field of node.items) {
      if (node.flow) {
        this.#inBrackets(field.key, path, field.value);
        this.#inBrackets(field.value, path);
      }
      if (isMergeKey(field.key)) {
        include(all, this.build(field.value, path));
        this.#merge(field.value ?? field.key, value, fields, path);
        continue;
      }
      const name = this.#name(field.key, path);
      if (name === undefined) continue;
      const at = [...path, name];
      if (name === '__proto__') this.#report(field.key, at, 'unknown field; remove it');
      else if (own.has(name)) this.#report(field.key, at, 'this field is here twice; keep one of the two');
      else {
        own.add(name);
        fields.set(name, field);
        value[name] = include(all, this.build(field.value, at));
      }
    }
    this.fields.set(node, fields);
    this.#values.set(node, value);
    return all;
  }

  #name(key: ParsedNode, path: Path): string | undefined {
    const { value } = this.build(key, path);
    if (typeof value === 'number') return numberName(value);
    if (typeof value === 'string' || typeof value === 'bigint' || typeof value === 'boolean')
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
    if (isSeq(source)) {
      // The first one counts most.
      for (const item of source.items.toReversed()) {
        if (isSeq(item)) this.#report(item, path, NOT_MERGEABLE);
        else this.#merge(item, into, fields, path);
      }
      return;
    }
    const node = isAlias(source) ? this.targets.get(source) : source;
    // An alias of nothing was reported.
    if (node === undefined) return;
    const from = isMap(node) ? this.#values.get(node) : undefined;
    if (!isMap(node) || from === undefined) return this.#report(source, path, NOT_MERGEABLE);
    for (const [name, field] of this.fields.get(node) ?? []) {
      fields.set(name, field);
      into[name] = from[name];
    }
  }

  /** In brackets kubectl ends a text at "?", begins none with ":" and takes the ":" of "a:]" for a part of it. */
  #inBrackets(node: unknown, path: Path, after?: ParsedNode | null): void {
    if (!isScalar(node) || node.type !== 'PLAIN') return;
    const [start = 0, end] = node.range ?? [];
    const unparted = isScalar(after) && after.source === '' && after.range[0] === (end ?? 0) + 1;
    if (unparted || /\?|^:/.test(node.source ?? ''))
      this.findings.push({ offset: start, path, message: BRACKETS });
  }

  #report(node: ParsedNode | null, path: Path, message: string): void {
    this.findings.push({ offset: node?.range?.[0] ?? 0, path, message });
  }
}

const EXPLODES = `with its aliases written out, this document has more than ${MAX_VALUES.toLocaleString('en')} values or ${MAX_DEPTH} levels; write out fewer`;
const BRACKETS = 'kubectl cannot read this text inside of [ ] or { }; put it in quotes';
const NOT_MERGEABLE = 'expected a map, or a list of maps, to merge with "<<"';

function include(all: Built, part: Built): unknown {
  all.size += part.size;
  all.depth = Math.max(all.depth, part.depth + 1);
  return part.value;
}

function isMergeKey(key: ParsedNode): boolean {
  if (!isScalar(key) || key.value !== '<<') return false;
  return key.tag === MERGE || key.tag === '!' || (key.type === 'PLAIN' && key.tag === undefined);
}

/** A number as the name of a field: in the way of Go's `FormatFloat(value, 'g', -1, 32)`. */
function numberName(value: number): string {
  if (Number.isSafeInteger(value)) return String(value);
  const single = Math.fround(value);
  let digits = 1;
  while (digits < 9 && Math.fround(Number(single.toPrecision(digits))) !== single) digits += 1;
  const [mantissa = '', exponent = '0'] = single.toExponential(digits - 1).split('e');
  const power = Number(exponent);
  if (!Number.isFinite(single)) return single < 0 ? '-.inf' : '.inf';
  if (power >= -4 && power < 6) return String(Number(single.toPrecision(digits)));
  return `${mantissa}e${power < 0 ? '-' : '+'}${String(Math.abs(power)).padStart(2, '0')}`;
}
