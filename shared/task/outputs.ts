/** What a step needs of others, and what it and the Task leave. */
import { z } from 'zod';
import { text } from './container/fields.ts';
import { MAX_CONDITIONS, MAX_STEP_RESULTS, MAX_TASK_RESULTS } from './limits.ts';
import { RESULT_NAME } from '../turn/results.ts';

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

/** When a step runs. */
export const whenSchema = z
  .array(
    z.strictObject({
      input: z
        .string()
        .describe('The text, with references such as $(params.NAME) and $(steps.STEP.outcome).'),
      operator: z
        .enum(['in', 'notin'])
        .describe('Whether the text must be one of the values (in), or none of them (notin).'),
      values: z
        .array(z.string())
        .min(1, { error: 'expected at least one value' })
        .max(256)
        .describe('The values that it is compared with.'),
    }),
  )
  .max(MAX_CONDITIONS)
  .optional()
  .describe(
    'Conditions that must all hold when the turn of the step comes; else it is omitted, and the Task goes on. Default: it runs.',
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
