/** The rules of a CRD, evaluated as the API server does. */
import { type Rule } from '../../shared/crd/rules.ts';
import { type Schema } from '../../shared/crd/structural.ts';
import { kubernetesCel } from './api-server/schema/cel-library.ts';

const cel = kubernetesCel();

/**
 * The messages of the rules that a value breaks. Rules about changes are only for values that were there before; only
 * fields that are there have rules.
 */
export function brokenRules(schema: Schema, self: unknown, oldSelf?: unknown): string[] {
  const rules = (schema['x-kubernetes-validations'] ?? []) as Rule[];
  const own = rules
    .filter(({ rule }) => oldSelf !== undefined || !rule.includes('oldSelf'))
    .filter(({ rule }) => cel.evaluate(rule, { self, oldSelf }) !== true)
    .map(({ message }) => message);
  return [...own, ...parts(schema, self).flatMap(([part, value]) => brokenRules(part, value))];
}

function parts(
  { properties = {}, items, additionalProperties }: Schema,
  value: unknown,
): [Schema, unknown][] {
  if (Array.isArray(value)) return items === undefined ? [] : value.map((item) => [items, item]);
  if (typeof value !== 'object' || value === null) return [];
  const others = typeof additionalProperties === 'object' ? additionalProperties : undefined;
  return Object.entries(value).flatMap(([name, inner]): [Schema, unknown][] => {
    const schema = properties[name] ?? others;
    return schema === undefined ? [] : [[schema, inner]];
  });
}
