/** Looking into a value whose shape nobody has checked yet. */

export type Path = readonly (string | number)[];

export function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function field(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, name)
    ? Reflect.get(value, name)
    : undefined;
}

export function list(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}

/** The names of the items of a list, or the items themselves where those are the names. */
export function namesOf(value: unknown): string[] {
  return list(value)
    .map((item) => (typeof item === 'string' ? item : field(item, 'name')))
    .filter((name) => typeof name === 'string');
}
