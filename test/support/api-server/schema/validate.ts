/** Whether an object is as its schema says; what is wrong with it, in the real server's words. */
import { isFields, listOf, same, type Fields } from '../object.ts';
import { cause, type Cause } from '../status.ts';
import { fitsInteger, formatProblem } from './formats.ts';
import { schemaOf, type Schema } from './schema.ts';

/**
 * @param old - what is replaced: where nothing changed nothing is wrong, be it ever so invalid ("ratcheting")
 * @see https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions/#validation-ratcheting
 */
export function schemaCauses(value: unknown, schema: Schema, field = '', old?: unknown): Cause[] {
  if (old !== undefined && same(value, old)) return [];
  const types = typeCauses(value, schema, field);
  if (types.length > 0) return types;
  if (value === null || value === undefined) return [];
  return [
    ...enumCauses(value, schema, field),
    ...(typeof value === 'string' ? textCauses(value, schema, field) : []),
    ...(typeof value === 'number' ? numberCauses(value, schema, field) : []),
    ...(Array.isArray(value) ? arrayCauses(value, schema, field, old) : []),
    ...(isFields(value) ? objectCauses(value, schema, field, old) : []),
    ...junctorCauses(value, schema, field),
  ];
}

export function join(field: string, key: string): string {
  if (field === '') return key;
  return key.includes('.') ? `${field}[${key}]` : `${field}.${key}`;
}

function typeCauses(value: unknown, schema: Schema, field: string): Cause[] {
  const actual = typeOf(value);
  if (value === null && (schema.nullable === true || schema.type === undefined)) return [];
  const allowed = schema['x-kubernetes-int-or-string'] === true ? ['integer', 'string'] : [schema.type];
  if (allowed[0] === undefined) return [];
  if (allowed.includes(actual) || (actual === 'integer' && allowed.includes('number'))) return [];
  const message = `Invalid value: ${JSON.stringify(actual)}: ${field} in body must be of type ${allowed.join(',')}: ${JSON.stringify(actual)}`;
  const wrong: Cause = { reason: 'FieldValueTypeInvalid', message, field };
  if (actual !== 'number' || schema.type !== 'integer') return [wrong];
  return [
    wrong,
    unfit(`integer${schema.format === 'int32' ? ' with format int32' : ' (default format)'}`, field),
  ];
}

/** An integer that is none is told in words that know no field. */
function unfit(type: string, field: string): Cause {
  return cause.invalid('<nil>', '', `Checked value must be of type ${type} in ${field}`);
}

function typeOf(value: unknown): string {
  if (value === null || value === undefined) return 'null';
  if (Array.isArray(value)) return 'array';
  if (typeof value === 'number') return Number.isInteger(value) ? 'integer' : 'number';
  return typeof value;
}

function enumCauses(value: unknown, schema: Schema, field: string): Cause[] {
  if (schema.enum === undefined || schema.enum.some((each) => same(each, value))) return [];
  const supported = schema.enum.map((each) => JSON.stringify(each)).join(', ');
  const message = `Unsupported value: ${JSON.stringify(value)}: supported values: ${supported}`;
  return [{ reason: 'FieldValueNotSupported', message, field }];
}

function textCauses(
  value: string,
  { minLength, maxLength, pattern, format }: Schema,
  field: string,
): Cause[] {
  // Go counts code points.
  const length = Array.from(value).length;
  // Nothing more is said of a text that is too long.
  if (maxLength !== undefined && length > maxLength)
    return [
      { reason: 'FieldValueTooLong', message: `Too long: may not be more than ${maxLength} bytes`, field },
    ];
  const problem = format === undefined ? undefined : formatProblem(value, format);
  return [
    ...(problem === undefined
      ? []
      : [
          {
            reason: 'FieldValueTypeInvalid',
            message: `Invalid value: ${JSON.stringify(value)}: ${field} in body must be of type ${problem}: ${JSON.stringify(value)}`,
            field,
          },
        ]),
    ...(minLength !== undefined && length < minLength
      ? [cause.invalid(field, value, `${field} in body should be at least ${minLength} chars long`)]
      : []),
    ...(pattern !== undefined && !new RegExp(pattern, 'u').test(value)
      ? [cause.invalid(field, value, `${field} in body should match '${pattern}'`)]
      : []),
  ];
}

function numberCauses(value: number, schema: Schema, field: string): Cause[] {
  const { minimum, maximum, exclusiveMinimum = false, exclusiveMaximum = false, multipleOf } = schema;
  const wrong = (why: string): Cause[] => [cause.invalid(field, value, `${field} in body should be ${why}`)];
  if (!fitsInteger(value, schema.format)) return [unfit('integer with format int32', field)];
  if (maximum !== undefined && (exclusiveMaximum ? value >= maximum : value > maximum))
    return wrong(`less than ${exclusiveMaximum ? '' : 'or equal to '}${maximum}`);
  if (minimum !== undefined && (exclusiveMinimum ? value <= minimum : value < minimum))
    return wrong(`greater than ${exclusiveMinimum ? '' : 'or equal to '}${minimum}`);
  if (multipleOf !== undefined && value % multipleOf !== 0) return wrong(`a multiple of ${multipleOf}`);
  return [];
}

function arrayCauses(value: readonly unknown[], schema: Schema, field: string, old: unknown): Cause[] {
  const { minItems, maxItems, items } = schema;
  // Nothing more is said of a list that is too long.
  if (maxItems !== undefined && value.length > maxItems) {
    const message = `Too many: ${value.length}: must have at most ${maxItems} items`;
    return [{ reason: 'FieldValueTooMany', message, field }];
  }
  const before = correlated(schema, old);
  return [
    ...(minItems !== undefined && value.length < minItems
      ? [cause.invalid(field, value.length, `${field} in body should have at least ${minItems} items`)]
      : []),
    ...(items === undefined
      ? []
      : value.flatMap((each, index) => schemaCauses(each, items, `${field}[${index}]`, before(each)))),
    ...duplicates(value, schema, field),
  ];
}

/** The item of the old list that an item takes the place of; only lists with keys know. */
export function correlated(schema: Schema, old: unknown): (item: unknown) => unknown {
  const keys = schema['x-kubernetes-list-map-keys'];
  if (schema['x-kubernetes-list-type'] !== 'map' || keys === undefined) return () => undefined;
  const before = listOf(old);
  return (item) =>
    isFields(item) ? before.find((each) => keys.every((key) => same(each[key], item[key]))) : undefined;
}

function duplicates(value: readonly unknown[], schema: Schema, field: string): Cause[] {
  const { items } = schema;
  const keys = schema['x-kubernetes-list-map-keys'] ?? [];
  const kind = schema['x-kubernetes-list-type'];
  if (kind !== 'map' && kind !== 'set') return [];
  const keyOfItem = (item: unknown): unknown =>
    kind === 'set' || !isFields(item)
      ? item
      : Object.fromEntries(
          keys.flatMap((key) => {
            const said = item[key] ?? items?.properties?.[key]?.default;
            return said === undefined ? [] : [[key, said]];
          }),
        );
  const seen: unknown[] = [];
  return value.flatMap((item, index) => {
    const key = keyOfItem(item);
    const again = seen.some((each) => same(each, key));
    seen.push(key);
    return again ? [cause.duplicate(`${field}[${index}]`, key)] : [];
  });
}

function objectCauses(value: Fields, schema: Schema, field: string, old: unknown): Cause[] {
  const before = isFields(old) ? old : {};
  const { required = [], minProperties, maxProperties } = schema;
  const size = Object.keys(value).length;
  return [
    ...required
      .filter((key) => (value[key] ?? undefined) === undefined)
      .map((key) => cause.required(join(field, key))),
    ...(maxProperties !== undefined && size > maxProperties
      ? [
          {
            reason: 'FieldValueTooMany',
            message: `Too many: ${size}: must have at most ${maxProperties} items`,
            field,
          },
        ]
      : []),
    ...(minProperties !== undefined && size < minProperties
      ? [cause.invalid(field, size, `${field} in body should have at least ${minProperties} properties`)]
      : []),
    ...Object.entries(value).flatMap(([key, each]) => {
      const below = schemaOf(schema, key);
      return below === undefined ? [] : schemaCauses(each, below, join(field, key), before[key]);
    }),
  ];
}

function junctorCauses(value: unknown, { allOf = [], anyOf, oneOf, not }: Schema, field: string): Cause[] {
  const holds = (schema: Schema): boolean => schemaCauses(value, schema, field).length === 0;
  const wrong = (why: string): Cause[] => [cause.invalid(field, value, `${field} in body must ${why}`)];
  return [
    ...allOf.flatMap((schema) => schemaCauses(value, schema, field)),
    ...(anyOf !== undefined && !anyOf.some(holds) ? wrong('validate at least one schema (anyOf)') : []),
    ...(oneOf !== undefined && oneOf.filter(holds).length !== 1
      ? wrong('validate one and only one schema (oneOf)')
      : []),
    ...(not !== undefined && holds(not) ? wrong('not validate the schema (not)') : []),
  ];
}
