/** Amounts of resources, compared. */

const SUFFIXES: Readonly<Record<string, number>> = {
  ...{ n: -9, u: -6, m: -3, '': 0, k: 3, M: 6, G: 9, T: 12, P: 15, E: 18 },
};
const BINARY = ['', 'Ki', 'Mi', 'Gi', 'Ti', 'Pi', 'Ei'];

/**
 * Compares two quantities of Kubernetes, as `compareFn` of a sort does; 0 where one of them is none.
 *
 * @example compareQuantities('1500m', 1) // > 0
 */
export function compareQuantities(a: unknown, b: unknown): number {
  const [left, right] = [amountOf(a), amountOf(b)];
  return left === undefined || right === undefined ? 0 : left - right;
}

function amountOf(value: unknown): number | undefined {
  if (typeof value === 'number' || typeof value === 'bigint') return Number(value);
  const [, number = '', suffix = ''] =
    /^([-+]?[0-9.]+)([eE][-+]?[0-9]+|[a-zA-Z]*)$/.exec(String(value)) ?? [];
  if (number === '') return undefined;
  if (/^[eE]./.test(suffix)) return Number(`${number}${suffix}`);
  const binary = BINARY.indexOf(suffix);
  if (binary > 0) return Number(number) * 1024 ** binary;
  const power = SUFFIXES[suffix];
  return power === undefined ? undefined : Number(`${number}e${power}`);
}
