import { z } from 'zod';
import { suggest } from './suggest.ts';
import type { Path } from './words.ts';

export interface UnknownField {
  path: Path;
  /** The known field that was probably meant. */
  suggestion: string | undefined;
  /** The fields there are, where no other is allowed. */
  known: string[];
}

/**
 * Finds fields that a schema does not know. In the document itself, its metadata and its spec every such field is found;
 * below them, where Kubernetes defines the fields, only one that looks like a known field, since others may be known to a newer Kubernetes.
 */
export function findUnknown(schema: z.core.$ZodType, value: unknown, path: Path = []): UnknownField[] {
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodNullable)
    return findUnknown(schema.unwrap(), value, path);
  if (Array.isArray(value)) {
    if (!(schema instanceof z.ZodArray)) return [];
    return value.flatMap((item, index) => findUnknown(schema.element, item, [...path, index]));
  }
  if (typeof value !== 'object' || value === null || !(schema instanceof z.ZodObject)) return [];
  const shape: z.core.$ZodShape = schema.shape;
  const known = Object.keys(shape);
  const names = new Set(known);
  const isStrict = schema.def.catchall instanceof z.ZodNever;
  return Object.entries(value).flatMap(([name, inner]) => {
    const field = names.has(name) ? shape[name] : undefined;
    if (field !== undefined) return findUnknown(field, inner, [...path, name]);
    const suggestion = suggest(name, known);
    return suggestion === undefined && path.length > 1 && !isStrict
      ? []
      : [{ path: [...path, name], suggestion, known }];
  });
}
