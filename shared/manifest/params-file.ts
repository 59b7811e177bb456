/** A file with values for params: a YAML or JSON map of names to values. */
import type { GivenParam } from '../task/given-params.ts';
import { isMap } from '../task/loose.ts';
import type { ParamValue } from '../task/references/known.ts';
import { ManifestError, type Problem } from './errors.ts';
import { displayName, readManifest } from './input.ts';
import { locateName, locateValue } from './locate.ts';
import { decode, Lines } from './text.ts';
import { buildTree } from './tree.ts';
import { formatPath } from './words.ts';
import { parseYaml } from './yaml.ts';

/**
 * Whether the values are what the params take is for their Task to say.
 *
 * @throws {ManifestError} when the file cannot be read, or is no map
 * @example await readParams('params.yaml') // [{ name: 'url', value: 'https://…', from: 'params.yaml:1:1' }]
 */
export async function readParams(path: string): Promise<GivenParam[]> {
  const file = displayName(path);
  const { text, finding } = decode(await readManifest(path));
  const lines = new Lines(text);
  const problem = (offset: number, message: string, at = ''): Problem => ({
    file,
    ...lines.at(offset),
    path: at,
    message,
  });
  if (finding !== undefined) throw new ManifestError([problem(finding.offset, finding.message)]);
  const { documents, findings } = parseYaml(text);
  if (findings.length > 0)
    throw new ManifestError(findings.map(({ offset, message }) => problem(offset, message)));
  const [document, second] = documents;
  if (document === undefined) return [];
  if (second !== undefined)
    throw new ManifestError([problem(second.range[0], 'a second document; params are one map')]);
  const tree = buildTree(document);
  if (tree.findings.length > 0) {
    const found = tree.findings.map(({ offset, message, path: at }) =>
      problem(offset, message, formatPath(at)),
    );
    throw new ManifestError(found);
  }
  const { value } = tree;
  if (value === null) return [];
  if (!isMap(value)) {
    const message = 'expected a map of params: one NAME: VALUE a line';
    throw new ManifestError([problem(locateValue(tree, []).offset, message)]);
  }
  return Object.entries(value).map(([name, given]) => {
    const { line, column } = lines.at(locateName(tree, [name]).offset);
    return { name, value: given as ParamValue, from: `${file}:${line}:${column}` };
  });
}
