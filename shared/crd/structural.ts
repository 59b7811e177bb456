/**
 * From a schema as zod writes it to a structural schema, which is what the API server takes in a CRD:
 *
 * - `additionalProperties` beside `properties` is not allowed: where unknown fields are kept they become
 *   `x-kubernetes-preserve-unknown-fields`, where they are refused it goes, since the API server prunes or refuses them itself
 * - an integer or string has no `type` in `anyOf`: `x-kubernetes-int-or-string` says it all, and the pattern of the string stays
 * - what is neither one type nor another has none, and `x-kubernetes-preserve-unknown-fields`
 * - of several fields of which one must be there, `anyOf` stays
 * - an int64 is an integer or a bigint to JavaScript: the integer says it all
 * - the bounds of int32 and of the integers that JavaScript holds exactly become formats
 *
 * @see https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions/#specifying-a-structural-schema
 */
export interface Schema {
  type?: string;
  description?: string;
  format?: string;
  properties?: Record<string, Schema>;
  additionalProperties?: Schema | boolean;
  items?: Schema;
  anyOf?: Schema[];
  required?: string[];
  minimum?: number;
  maximum?: number;
  pattern?: string;
  [keyword: string]: unknown;
}

const INT32 = { minimum: -(2 ** 31), maximum: 2 ** 31 - 1 };

/** @example structural({ type: 'object', additionalProperties: {} }) // { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } */
export function structural(schema: Schema): Schema {
  const { anyOf, additionalProperties, properties, items, ...rest } = schema;
  if (rest['x-kubernetes-int-or-string'] === true) {
    const pattern = anyOf?.find((each) => each.pattern !== undefined)?.pattern;
    return { ...rest, ...(pattern !== undefined && { pattern }) };
  }
  const [whole] = anyOf ?? [];
  const oneOfThese = anyOf?.every((each) => each.required !== undefined) === true && { anyOf };
  if (whole?.type === 'integer') return integer({ ...rest, ...whole });
  return {
    ...(rest.type === 'integer' ? integer(rest) : rest),
    ...oneOfThese,
    ...(items && { items: structural(items) }),
    ...(properties && { properties: mapped(properties, structural) }),
    ...others(additionalProperties),
  };
}

function others(additional: Schema | boolean | undefined): Schema {
  if (additional === undefined || additional === false) return {};
  if (additional === true || Object.keys(additional).length === 0)
    return { 'x-kubernetes-preserve-unknown-fields': true };
  return { additionalProperties: structural(additional) };
}

function integer({ minimum, maximum, ...rest }: Schema): Schema {
  const least = minimum === INT32.minimum || minimum === Number.MIN_SAFE_INTEGER;
  const most = maximum === INT32.maximum || maximum === Number.MAX_SAFE_INTEGER;
  return {
    ...rest,
    format: maximum === undefined || maximum > INT32.maximum ? 'int64' : 'int32',
    ...(minimum !== undefined && !least && { minimum }),
    ...(maximum !== undefined && !most && { maximum }),
  };
}

function mapped<Value>(
  record: Record<string, Value>,
  change: (value: Value) => Value,
): Record<string, Value> {
  return Object.fromEntries(Object.entries(record).map(([name, value]) => [name, change(value)]));
}
