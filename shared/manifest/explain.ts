import type { z } from 'zod';
import { hasReference } from '../task/references/tokens.ts';
import { describe, showable } from './found.ts';
import { suggest } from './suggest.ts';
import type { UnknownField } from './unknown.ts';

/**
 * Puts an issue of zod into plain words: what was expected, what was found, what to do.
 *
 * @param issue - its message says what was expected: a schema's own words or those of `expectation`
 * @param value - what stands at the path of the issue
 * @param source - the same as it is written
 */
export function explainIssue(issue: z.core.$ZodIssue, value: unknown, source: string | undefined): string {
  const { code, message, path } = issue;
  if (code === 'custom') return message;
  if (value === undefined) {
    return `required, but missing; add "${String(path.at(-1))}:" with ${message.replace(/^expected /, '')}`;
  }
  if (code === 'too_small' && Array.isArray(value)) return message;
  if (code === 'too_big' && (typeof value === 'string' || Array.isArray(value)))
    return `${message}, found ${value.length}`;
  const shown = showable(value, source, path);
  if (typeof value === 'string' && hasReference(value))
    return `${message}; this field has a format of its own and takes no reference`;
  return `${message}, found ${describe(value, shown)}${cure(issue, value, shown)}`;
}

function cure(issue: z.core.$ZodIssue, value: unknown, shown: string | undefined): string {
  if (value === null) return '; give it a value, or remove the field';
  if (issue.code === 'invalid_value') {
    const words = issue.values.map(String);
    const meant =
      typeof value === 'string'
        ? (suggest(value, words) ?? words.find((word) => value.toLowerCase().startsWith(word.toLowerCase())))
        : undefined;
    return meant === undefined ? '' : `; did you mean ${JSON.stringify(meant)}?`;
  }
  if (issue.code !== 'invalid_type' && issue.code !== 'invalid_union') return '';
  const wanted = issue.code === 'invalid_type' ? issue.expected : wantedOf(issue);
  const isString = typeof value === 'string';
  if (typeof value === 'number' && issue.path.at(-1) === 'timeout') return ` (write "${value}s")`;
  if (wanted === 'string' && ['number', 'bigint', 'boolean'].includes(typeof value)) {
    return shown === undefined ? ' (write it in quotes)' : ` (write ${shown})`;
  }
  if (wanted === 'array' && isString) return '; write one item a line, each after "- "';
  if ((wanted === 'number' || wanted === 'int') && isString && /^[-+]?\d+$/.test(value))
    return ' (remove the quotes)';
  if (wanted === 'boolean' && isString && /^(?:true|false|yes|no|on|off)$/i.test(value))
    return ' (remove the quotes)';
  return '';
}

/** What a choice of types wants first: an int64 is one of whole numbers, all others have a string. */
function wantedOf({ errors }: z.core.$ZodIssueInvalidUnion): 'int' | 'string' {
  return errors.length === 2 && errors[1]?.some((each) => 'expected' in each && each.expected === 'bigint')
    ? 'int'
    : 'string';
}

export function explainUnknown({ suggestion, known }: UnknownField): string {
  if (suggestion !== undefined) return `unknown field; did you mean "${suggestion}"?`;
  return `unknown field; remove it${known.length > 8 ? '' : `, or use one of ${known.join(', ')}`}`;
}
