/** Results as a status shows them. */
import { z } from 'zod';
import { MAX_RESULTS, RESULT_NAME } from '../turn/results.ts';
import type { Outcome } from '../turn/outcome.ts';

export const resultSchema = z.strictObject({
  name: z.string().max(63).describe('The name of the result.'),
  value: z.string().optional().describe('What was left, without its final newline.'),
  size: z
    .int()
    .min(0)
    .optional()
    .describe('The bytes of a result that does not fit here; later steps read it all the same.'),
});

export type Result = z.infer<typeof resultSchema>;

/**
 * The results of an outcome, by name. A name that no agent posts is left out: a step can write what it likes.
 *
 * @example resultsOf({ results: { commit: 'abc' }, resultSizes: { log: 9000 } }) // [{ name: 'commit', value: 'abc' }, { name: 'log', size: 9000 }]
 */
export function resultsOf({
  results = {},
  resultSizes = {},
}: Pick<Outcome, 'results' | 'resultSizes'>): Result[] {
  const all = [
    ...Object.entries(results).map(([name, value]) => ({ name, value })),
    ...Object.entries(resultSizes).map(([name, size]) => ({ name, size })),
  ];
  const known = all.filter(({ name }) => RESULT_NAME.test(name));
  return known.toSorted((a, b) => (a.name < b.name ? -1 : 1)).slice(0, MAX_RESULTS);
}
