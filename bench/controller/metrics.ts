/** Histograms as Prometheus is told them. */

/**
 * A quantile of a histogram, in its unit, interpolated in its bucket as Prometheus does; all its labels together.
 *
 * @param url - of the controller's health server
 */
export async function quantileOf(url: string, histogram: string, q: number): Promise<number> {
  const text = await (await fetch(`${url}/metrics`)).text();
  const counts = new Map<number, number>();
  for (const [, bound = '', count] of text.matchAll(
    new RegExp(`^${histogram}_bucket\\{[^}]*le="([^"]+)"[^}]*\\} (\\d+)`, 'gm'),
  )) {
    const upper = bound === '+Inf' ? Infinity : Number(bound);
    counts.set(upper, (counts.get(upper) ?? 0) + Number(count));
  }
  const buckets = [...counts].toSorted(([one], [other]) => one - other);
  const wanted = q * (buckets.at(-1)?.[1] ?? 0);
  let [lower, below] = [0, 0];
  for (const [upper, upTo] of buckets) {
    if (upTo >= wanted && upTo > below) {
      if (upper === Infinity) return lower;
      return lower + ((upper - lower) * (wanted - below)) / (upTo - below);
    }
    [lower, below] = [upper, upTo];
  }
  throw new Error(`${url} tells nothing of ${histogram}`);
}
