/**
 * Keeps the values of a label few, whatever is reported: each new one is a series that Prometheus keeps for ever.
 *
 * @param most - values; what comes after them is `other`
 */
export function bounded(most: number): (value: string) => string {
  const known = new Set<string>();
  return (value) => {
    if (known.has(value)) return value;
    if (known.size >= most) return 'other';
    known.add(value);
    return value;
  };
}
