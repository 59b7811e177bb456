import { z } from 'zod';
import { MAX_CONDITIONS, MAX_VALUES } from './limits.ts';

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
        .max(MAX_VALUES)
        .describe('The values that it is compared with.'),
    }),
  )
  .max(MAX_CONDITIONS)
  .optional()
  .describe(
    'Conditions that must all hold when the turn of the step comes; else it is omitted, and the Task goes on. Default: it runs.',
  );
