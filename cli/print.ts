import { formatJson } from '../shared/json.ts';
import { plain } from '../shared/text.ts';
import { formatYaml } from '../shared/manifest/index.ts';
import { print } from '../shared/print.ts';

/** Says on standard error what keeps nobody from going on; what a stranger wrote in it is made harmless. */
export function warn(text: string): void {
  process.stderr.write(`warning: ${plain(text)}\n`);
}

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
