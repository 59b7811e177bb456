const LONGEST = 40;

/** Puts a short text in quotes, with escapes for what could disturb a terminal; `undefined` for a text too long to show. */
export function quote(text: string): string | undefined {
  if (text.length > LONGEST) return undefined;
  // JSON leaves DEL, the C1 controls and the marks that turn the direction of writing as they are.
  return JSON.stringify(text).replace(
    /[\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff]/g,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

export type Path = readonly PropertyKey[];

/**
 * A path in the way people write it.
 *
 * @example
 * formatPath(['metadata', 'labels', 'a/b']); // 'metadata.labels["a/b"]'
 */
export function formatPath(path: Path): string {
  return path.map((part, index) => formatPart(part, index === 0)).join('');
}

function formatPart(part: PropertyKey, first: boolean): string {
  if (typeof part === 'number') return `[${part}]`;
  const name = String(part);
  if (/^[A-Za-z_][A-Za-z0-9_-]{0,39}$/.test(name)) return first ? name : `.${name}`;
  return `[${quote(name) ?? `${quote(name.slice(0, LONGEST - 1))}…`}]`;
}
