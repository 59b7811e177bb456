import { z } from 'zod';

/** What a schema wants, in words: the reader's error map for zod. */
export const expectation: z.core.$ZodErrorMap = (issue) => {
  const { code } = issue;
  if (code === 'too_big') return `expected at most ${amount(issue.maximum, issue.origin)}`;
  if (code !== 'too_small') return `expected ${wanted(issue.inst)}`;
  if (issue.origin === 'string') return 'expected a string that is not empty';
  return `expected at least ${amount(issue.minimum, issue.origin)}`;
};

function amount(limit: number | bigint, origin: string): string {
  const unit = origin === 'string' ? ' characters' : origin === 'array' ? ' items' : '';
  return `${limit}${unit}`;
}

function wanted(schema: unknown): string {
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodNullable) return wanted(schema.unwrap());
  if (schema instanceof z.ZodString) return 'a string';
  if (schema instanceof z.ZodNumber) return 'a whole number';
  if (schema instanceof z.ZodBoolean) return 'true or false';
  if (schema instanceof z.ZodArray) return `a list of ${plural(schema.element)}`;
  if (schema instanceof z.ZodRecord && schema.valueType instanceof z.ZodString) return 'a map of strings';
  if (schema instanceof z.ZodEnum) return choice(schema.options);
  if (schema instanceof z.ZodUnion) {
    // A bigint is a whole number too, and beside one.
    return schema.options
      .filter((option) => !(option instanceof z.ZodBigInt))
      .map(wanted)
      .join(' or ');
  }
  return 'a map';
}

function plural(schema: unknown): string {
  if (schema instanceof z.ZodString) return 'strings';
  return schema instanceof z.ZodNumber || schema instanceof z.ZodUnion ? 'whole numbers' : 'maps';
}

function choice(options: readonly unknown[]): string {
  const words = options.map((option) => JSON.stringify(option));
  const last = words.pop() ?? '';
  return words.length === 0 ? last : `${words.join(', ')} or ${last}`;
}
