import { stringify } from 'yaml';

/**
 * Prints Kubernetes objects on standard output; several as YAML documents, or as one JSON `List`.
 */
export function printObjects(objects: readonly object[], format: 'yaml' | 'json'): void {
  process.stdout.write(format === 'json' ? asJson(objects) : objects.map(asYaml).join('---\n'));
}

function asJson(objects: readonly object[]): string {
  const [only] = objects;
  const printed = objects.length === 1 ? only : { apiVersion: 'v1', kind: 'List', items: objects };
  return `${JSON.stringify(printed, undefined, 2)}\n`;
}

function asYaml(object: object): string {
  // YAML 1.1, as Kubernetes reads it: there an unquoted `yes` or `0755` is no string.
  return stringify(object, { version: '1.1', lineWidth: 0, aliasDuplicateObjects: false });
}
