import { isFields } from '../object.ts';
import { schemaOf, type Schema } from './schema.ts';

const RESERVED = new Set(
  'true false null in as break const continue else for function if import let loop package namespace return var void while'.split(
    ' ',
  ),
);

/**
 * A JSON value as rules see it: integers are CEL's ints, times are timestamps, and fields whose names CEL does not
 * allow have others.
 *
 * @see https://kubernetes.io/docs/reference/using-api/cel/#escaping
 */
export function celValue(value: unknown, schema: Schema): unknown {
  if (Array.isArray(value)) return value.map((each) => celValue(each, schema.items ?? {}));
  if (isFields(value)) {
    const isMap = schema.properties === undefined;
    const entries = Object.entries(value).map(([key, each]) => [
      isMap ? key : escaped(key),
      celValue(each, schemaOf(schema, key) ?? {}),
    ]);
    return Object.fromEntries(entries);
  }
  if (typeof value === 'number' && schema.type !== 'number' && Number.isInteger(value)) return BigInt(value);
  if (typeof value === 'string' && (schema.format === 'date-time' || schema.format === 'date')) {
    const date = new Date(value);
    return Number.isNaN(date.valueOf()) ? value : date;
  }
  return value;
}

function escaped(name: string): string {
  if (RESERVED.has(name)) return `__${name}__`;
  return name
    .replaceAll('__', '__underscores__')
    .replaceAll('.', '__dot__')
    .replaceAll('-', '__dash__')
    .replaceAll('/', '__slash__');
}
