/** The few numbers that a list of measurements is told by. */

/**
 * The value below which the share `q` of the samples lies, between two samples by their distance.
 *
 * @param q - from 0 to 1
 * @throws {RangeError} when there are no samples
 * @example quantile([1, 2, 3, 4], 0.5) // 2.5
 */
export function quantile(samples: readonly number[], q: number): number {
  const sorted = samples.toSorted((a, b) => a - b);
  const position = (sorted.length - 1) * q;
  const below = sorted[Math.floor(position)];
  const above = sorted[Math.ceil(position)];
  if (below === undefined || above === undefined) throw new RangeError('no samples');
  return below + (above - below) * (position - Math.floor(position));
}

export function median(samples: readonly number[]): number {
  return quantile(samples, 0.5);
}

export function p90(samples: readonly number[]): number {
  return quantile(samples, 0.9);
}

export function sum(samples: readonly number[]): number {
  return samples.reduce((total, each) => total + each, 0);
}
