/** How the API's two types of time are read and written. */
import { badRequest } from '../status.ts';

/**
 * `metav1.MicroTime`: exactly six digits of a second, or none of it is read.
 *
 * @throws {StatusError} 400
 */
export function checkMicroTime(kind: string, value: unknown): void {
  if (value === undefined || value === null) return;
  const text = typeof value === 'string' ? value : '';
  const [, rest = text] = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(.*)$/.exec(text) ?? [];
  if (/^\.\d{6}(?:Z|[+-]\d\d:\d\d)$/.test(rest)) return;
  throw badRequest(
    `${kind} in version "v1" cannot be handled as a ${kind}: parsing time ${JSON.stringify(value)} as "2006-01-02T15:04:05.000000Z07:00": cannot parse ${JSON.stringify(rest)} as ".000000"`,
  );
}

/** The keys of a pod's status that are `metav1.Time`. */
const TIMES = new Set(['startTime', 'startedAt', 'finishedAt', 'lastTransitionTime', 'lastProbeTime']);

/** The status with its times as `metav1.Time` has them: read with fractions, written to the second. */
export function wholeSeconds(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(wholeSeconds);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, each]: [string, unknown]) =>
      TIMES.has(key) && typeof each === 'string'
        ? [key, each.replace(/\.\d+(?=Z|[+-]\d\d:\d\d$)/, '')]
        : [key, wholeSeconds(each)],
    ),
  );
}
