import { type Path, quote } from './words.ts';

/** Fields below these may hold secrets: their values are never shown. */
const SECRET = /^(?:env|value|data|binaryData|stringData|annotations)$|secret|token|passw|credential/i;
/** Words of a command may be passwords; a number or boolean there is shown, since quotes are what it needs. */
const COMMAND = /^(?:command|args|script)$/;

/**
 * The scalar at a path in quotes, or `undefined` where it must not be in a terminal or a CI log: because it is long, or
 * because it may be a secret.
 *
 * @param source - the scalar as the manifest writes it, without quotes
 */
export function showable(value: unknown, source: string | undefined, path: Path): string | undefined {
  if (source === undefined || path.some((part) => SECRET.test(String(part)))) return undefined;
  if (typeof value === 'string' && path.some((part) => COMMAND.test(String(part)))) return undefined;
  return quote(source);
}

/** Names what stands in a manifest: `the number 5`, `a list`; `shown` as `showable` returns it. */
export function describe(value: unknown, shown: string | undefined): string {
  if (typeof value === 'string') return shown === undefined ? 'a string' : `the string ${shown}`;
  if (typeof value === 'number' || typeof value === 'bigint' || typeof value === 'boolean') {
    const kind = typeof value === 'boolean' ? 'boolean' : 'number';
    // Plain numbers and booleans have no character that quotes would escape.
    return shown === undefined ? `a ${kind}` : `the ${kind} ${shown.slice(1, -1)}`;
  }
  if (Array.isArray(value)) return 'a list';
  return value === null || value === undefined ? 'nothing' : 'a map';
}
