/** The structural schema of a custom resource: what it looks like, and what it makes of an object. */
import { isFields, type ApiObject, type Fields } from '../object.ts';

export interface Rule {
  rule: string;
  message?: string;
  messageExpression?: string;
  reason?: string;
  fieldPath?: string;
}

/** @see https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions/#specifying-a-structural-schema */
export interface Schema {
  type?: string;
  format?: string;
  nullable?: boolean;
  default?: unknown;
  enum?: unknown[];
  required?: string[];
  properties?: Record<string, Schema>;
  additionalProperties?: Schema | boolean;
  items?: Schema;
  pattern?: string;
  minLength?: number;
  maxLength?: number;
  minimum?: number;
  maximum?: number;
  exclusiveMinimum?: boolean;
  exclusiveMaximum?: boolean;
  multipleOf?: number;
  minItems?: number;
  maxItems?: number;
  uniqueItems?: boolean;
  minProperties?: number;
  maxProperties?: number;
  allOf?: Schema[];
  anyOf?: Schema[];
  oneOf?: Schema[];
  not?: Schema;
  'x-kubernetes-preserve-unknown-fields'?: boolean;
  'x-kubernetes-embedded-resource'?: boolean;
  'x-kubernetes-int-or-string'?: boolean;
  'x-kubernetes-list-type'?: 'atomic' | 'set' | 'map';
  'x-kubernetes-list-map-keys'?: string[];
  'x-kubernetes-map-type'?: string;
  'x-kubernetes-validations'?: Rule[];
}

/** Those of every object; a schema need not, and may hardly, speak of them. */
const ENVELOPE = ['apiVersion', 'kind', 'metadata'] as const;

/** The object as it is stored and served: what the schema does not know is gone, and its defaults are there. */
export function shaped(object: ApiObject, schema: Schema): ApiObject {
  const pruned = prune(object, schema) as Fields;
  const filled = withDefaults(pruned, schema) as Fields;
  const envelope = Object.fromEntries(ENVELOPE.map((key) => [key, object[key]]));
  return { ...envelope, ...filled, ...envelope } as ApiObject;
}

/** The value without what the schema does not know. */
function prune(value: unknown, schema: Schema): unknown {
  if (Array.isArray(value)) {
    const { items } = schema;
    return items === undefined ? value : value.map((each) => prune(each, items));
  }
  if (!isFields(value)) return value;
  const entries: [string, unknown][] = Object.entries(value);
  const known = entries.filter(([key]) => keepsUnknown(schema) || schemaOf(schema, key) !== undefined);
  return Object.fromEntries(
    known.map(([key, each]) => {
      const below = schemaOf(schema, key);
      return [key, below === undefined ? each : prune(each, below)];
    }),
  );
}

function keepsUnknown(schema: Schema): boolean {
  return (
    schema['x-kubernetes-preserve-unknown-fields'] === true ||
    schema['x-kubernetes-embedded-resource'] === true ||
    schema.additionalProperties === true
  );
}

/** What is known of the value under a key. */
export function schemaOf({ properties, additionalProperties }: Schema, key: string): Schema | undefined {
  if (properties !== undefined && Object.hasOwn(properties, key)) return properties[key];
  return typeof additionalProperties === 'object' ? additionalProperties : undefined;
}

/** The value with the schema's defaults; a null where none may be is nothing, and so gets one too. */
function withDefaults(value: unknown, schema: Schema): unknown {
  if (Array.isArray(value)) {
    const { items } = schema;
    return items === undefined ? value : value.map((each) => withDefaults(each, items));
  }
  if (!isFields(value)) return value;
  const filled: Fields = {};
  for (const [key, each] of Object.entries(value)) {
    const below = schemaOf(schema, key);
    if (each === null && below !== undefined && below.nullable !== true && !isOpen(below)) continue;
    filled[key] = each;
  }
  for (const [key, below] of Object.entries(schema.properties ?? {})) {
    if (filled[key] === undefined && below.default !== undefined)
      filled[key] = structuredClone(below.default);
  }
  for (const [key, each] of Object.entries(filled)) {
    const below = schemaOf(schema, key);
    if (below !== undefined) filled[key] = withDefaults(each, below);
  }
  return filled;
}

/** A schema that says nothing of the type lets a null be. */
function isOpen({ type }: Schema): boolean {
  return type === undefined;
}
