import { formatJson } from '../shared/json.ts';
import { formatYaml } from '../shared/manifest/index.ts';
import { print } from '../shared/print.ts';

/**
 * Prints Kubernetes objects on standard output; several as YAML documents, or as one JSON `List`.
 */
export async function printObjects(objects: readonly object[], format: 'yaml' | 'json'): Promise<void> {
  await print(format === 'json' ? asJson(objects) : objects.map(formatYaml).join('---\n'));
}

function asJson(objects: readonly object[]): string {
  const [only] = objects;
  const printed = objects.length === 1 ? only : { apiVersion: 'v1', kind: 'List', items: objects };
  return `${formatJson(printed, 2)}\n`;
}

/** A word as one would type it in a shell. */
export function shellWord(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}
