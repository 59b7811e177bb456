/** JSON with every integer of Kubernetes: those past 2^53, which no number of JavaScript holds, are bigints. */

const LEAST = -(2n ** 63n);
const MOST = 2n ** 63n - 1n;
/**
 * Only a text with so many digits in a row can hold one, and only where a value can begin: image digests and container ids
 * have such rows too, and reading a text for integers takes several times as long and as much memory.
 */
const LONG = /(?:^|[\s,[]|":)-?[0-9]{16}/;

/**
 * Like `JSON.parse`, but that integers of more than 53 bits are bigints as long as an int64 holds them.
 *
 * @throws {SyntaxError} when the text is no JSON
 * @example parseJson('[1, 9007199254740993]') // [1, 9007199254740993n]
 */
export function parseJson(text: string): unknown {
  return LONG.test(text) ? JSON.parse(text, exact) : JSON.parse(text);
}

function exact(this: unknown, _key: string, value: unknown, written?: { source?: string }): unknown {
  if (typeof value !== 'number' || Number.isSafeInteger(value)) return value;
  const { source = '' } = written ?? {};
  if (!/^-?[0-9]{16,19}$/.test(source)) return value;
  const integer = BigInt(source);
  return integer >= LEAST && integer <= MOST ? integer : value;
}

/**
 * Like `JSON.stringify`, and writes bigints as the integers they are.
 *
 * @example formatJson({ id: 9007199254740993n }) // '{"id":9007199254740993}'
 */
export function formatJson(value: unknown, indentation?: number): string {
  return JSON.stringify(value, raw, indentation);
}

function raw(_key: string, value: unknown): unknown {
  // Not in the types of ES 2024.
  const { rawJSON } = JSON as unknown as { rawJSON: (text: string) => unknown };
  return typeof value === 'bigint' ? rawJSON(String(value)) : value;
}
