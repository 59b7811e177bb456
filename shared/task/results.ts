/** Results: what steps and the Task declare, and what a status shows of them. */
import { z } from 'zod';
import { MAX_RESULTS, RESULT_NAME } from '../turn/results.ts';
import { text } from './container/fields.ts';
import { MAX_STEP_RESULTS, MAX_TASK_RESULTS } from './limits.ts';
import type { Outcome } from '../turn/outcome.ts';

const resultName = (about: string) =>
  z
    .string()
    .regex(RESULT_NAME, {
      error: 'expected at most 63 letters, digits, "_", "-" and ".", beginning with a letter, a digit or "_"',
    })
    .describe(about);

/** The results that a step declares. */
export const stepResultsSchema = z
  .array(resultName('The name of a result.'))
  .max(MAX_STEP_RESULTS)
  .meta({ 'x-kubernetes-list-type': 'set' })
  .optional()
  .describe(
    'Small texts that the step leaves for later steps and for the status, by their names: it writes each into the file $(results.NAME.path). Later steps have it as $(steps.STEP.results.NAME).',
  );

/** The results of a Task. */
export const taskResultsSchema = z
  .array(
    z.strictObject({
      name: resultName('The name of the result in status.results.'),
      value: z.string().describe('What it is: a text with references such as $(steps.STEP.results.NAME).'),
      description: text('What the result is.'),
    }),
  )
  .max(MAX_TASK_RESULTS)
  .meta({ 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': ['name'] })
  .optional()
  .describe('What the Task leaves in its status, made of what its steps left.');

/** One result, as a status shows it. */
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
