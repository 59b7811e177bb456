/** Reads a record that somebody else may have written: JSON, of which nothing is believed. */

/** The error of one kind of record. */
type Wrong = new (message: string, options?: ErrorOptions) => Error;

/**
 * The map that a text holds.
 *
 * @throws an error of class `wrong`, saying what is wrong with the text.
 */
export function parseMap(
  text: string,
  wrong: Wrong,
  { maxLength }: { maxLength: number },
): Readonly<Record<string, unknown>> {
  if (text.length > maxLength) throw new wrong(`it is longer than ${maxLength} characters`);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new wrong('it is not JSON', { cause });
  }
  return mapOf(value, 'it', wrong);
}

/** @throws an error of class `wrong` when the value is no map. */
export function mapOf(value: unknown, what: string, wrong: Wrong): Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new wrong(`${what} is no JSON object`);
  return value as Record<string, unknown>;
}

/**
 * The values of a map by the steps' numbers.
 *
 * @throws an error of class `wrong` when a name is no number of a step.
 */
export function byStep(value: unknown, wrong: Wrong): [number, unknown][] {
  return Object.entries(mapOf(value, 'its steps', wrong)).map(([name, each]) => {
    if (!/^[1-9]\d{0,3}$/.test(name)) throw new wrong('one of its steps is no number of a step');
    return [Number(name), each];
  });
}
