import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { formatJson, parseJson } from '../../../shared/json.ts';
import { decode } from '../../../shared/manifest/text.ts';
import { buildTree } from '../../../shared/manifest/tree.ts';
import { parseYaml } from '../../../shared/manifest/yaml.ts';
import { YAML_CASES } from '../fixtures/yaml-cases.ts';

const HEAD = 'apiVersion: example.com/v1\nkind: Thing\nmetadata: { name: thing }\n';

/** What scripts/record-kubectl wrote down. */
const recorded = parseJson(
  readFileSync(new URL('../fixtures/kubectl-reads.json', import.meta.url), 'utf8'),
) as { readings: { text: string; json?: string }[] };
const kubectl = new Map(recorded.readings.map(({ text, json }) => [text, json]));

/** What kubectl takes and taskflow refuses, since nobody means what kubectl makes of it. */
const REFUSED_HERE: Readonly<Record<string, string>> = {
  'x: { a: 1, a: 2 }\n': 'the first of two fields would be dropped without a word',
  'x: { 1: a, "1": b }\n': 'the same',
  'x: 1\nx: 2\n': 'the same',
  'x: !Ref y\n': 'the tag of an application would be dropped without a word',
  'x: !Sub { a: 1 }\n': 'the same',
  'x: !!seq { a: 1 }\n': 'a map is no list',
  'x: [a:]\n': 'a text or a field without a value?',
  'x: { a:, b: 1 }\n': 'the same',
  'x: [?a]\n': 'the same',
  'x: [-]\n': 'an item that is not there, or a dash?',
  'x: "a\u2028b"\n': 'U+2028 ends a line, and nobody sees it',
  'x: "a\u2029 b"\n': 'the same',
  'x: a\u2028\n': 'the same',
  'x: |\n  a\u2028  b\n': 'the same',
};

/** What kubectl refuses, and taskflow reads in the one way in which it can be meant. */
const TAKEN_HERE = new Set([
  'x:\n  y: "a\n---x\n  b"\n',
  'x:\n  y: [\n\ta\n\t]\n',
  'x: |\n  \ta\n',
  'x: "a\\/b"\n',
  'x: "\\ud83d\\ude00"\n',
  'x: "\\ud800"\n',
  'x: &a-b.c/d 1\ny: *a-b.c/d\n',
  'x:\n  -\ta\n',
  'x:\n  a: 1\n \t \n  b: 2\n',
]);

/** The fields of a text that is one document; `undefined` when it is refused. */
function read(text: string): unknown {
  const source = decode(`${HEAD}${text}`);
  if (source.finding !== undefined) return undefined;
  const { documents, findings } = parseYaml(source.text);
  const [document, ...more] = documents;
  if (document === undefined || more.length > 0 || findings.length > 0) return undefined;
  const tree = buildTree(document);
  // Through JSON, as a cluster gets it: there is no -0 in the kubectl's.
  return tree.findings.length > 0 ? undefined : parseJson(formatJson(tree.value));
}

describe.each(Object.entries(YAML_CASES))('%s', (_about, texts) => {
  it.each(texts.map((text) => [JSON.stringify(text), text]))(
    '%s is read as kubectl reads it',
    (_name, text) => {
      expect(kubectl.has(text), 'not recorded: node scripts/record-kubectl/main.ts').toBe(true);
      const json = kubectl.get(text);
      const value = read(text);
      if (REFUSED_HERE[text] !== undefined) expect([typeof json, value]).toEqual(['string', undefined]);
      else if (TAKEN_HERE.has(text)) expect([json, typeof value]).toEqual([undefined, 'object']);
      else expect(value).toEqual(json === undefined ? undefined : parseJson(json));
    },
  );
});
