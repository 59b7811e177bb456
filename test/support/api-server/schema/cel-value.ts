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
    const entries = Object.entries(value).flatMap(([key, each]) => {
      const below = schemaOf(schema, key);
      // What is only let be is not for rules to see.
      if (below === undefined && !isMap) return [];
      return [[isMap ? key : escaped(key), celValue(each, below ?? {})]];
    });
    return Object.fromEntries(entries);
  }
  if (typeof value === 'number' && schema.type !== 'number' && Number.isInteger(value)) return BigInt(value);
  if (typeof value === 'string' && (schema.format === 'date-time' || schema.format === 'date')) {
    const date = new Date(value);
    return Number.isNaN(date.valueOf()) ? value : date;
  }
  return value;
}

const known = new Map<string, string>();

function escaped(name: string): string {
  let found = known.get(name);
  if (found === undefined) known.set(name, (found = escape(name)));
  return found;
}

function escape(name: string): string {
  if (RESERVED.has(name)) return `__${name}__`;
  return name
    .replaceAll('__', '__underscores__')
    .replaceAll('.', '__dot__')
    .replaceAll('-', '__dash__')
    .replaceAll('/', '__slash__');
}
