/** Params: the values that a run is given. */
import { z } from 'zod';
import { oneOf, text } from './container/fields.ts';
import { MAX_VALUES } from './limits.ts';
import { PARAM_NAME } from './references/reference.ts';
import type { ParamValue } from './references/known.ts';

/** What no type of a CRD can say: a string, a list of strings or a map of them. `param-values.ts` checks it. */
const value = (about: string) =>
  z
    .custom<ParamValue>(() => true)
    .meta({ 'x-kubernetes-preserve-unknown-fields': true })
    .optional()
    .describe(about);

const ENUM_OF_STRINGS = 'only a string can have an enum; leave out enum, or type';

/** A param of a Task. */
export const paramSchema = z
  .strictObject({
    name: z
      .string()
      .max(63)
      .regex(PARAM_NAME, {
        error: 'expected letters, digits, "_" and "-" only, beginning with a letter or "_"',
      })
      .describe('The name of the param, for $(params.NAME): letters, digits, _ and -.'),
    type: oneOf(
      ['string', 'array', 'object'],
      'What the value is: a string, an array of strings, or an object whose keys have strings. Default: what default or value is.',
    ),
    description: text('What the param is for.'),
    value: value(
      'The value of this run: a string, a list of strings, or a map of strings. $(params.NAME) stands for a string, $(params.NAME[*]) for all items of a list, $(params.NAME[0]) for one, $(params.NAME.KEY) for that of a key.',
    ),
    default: value('The value when none is given. Of an object the keys that value leaves out.'),
    enum: z
      .array(z.string())
      .min(1, { error: 'expected at least one value; without enum every string is taken' })
      .max(MAX_VALUES)
      .optional()
      .describe('The values that a string can have. Default: all.'),
  })
  .meta({
    anyOf: [{ required: ['value'] }, { required: ['default'] }],
    'x-kubernetes-validations': [
      { rule: "!has(self.enum) || !has(self.type) || self.type == 'string'", message: ENUM_OF_STRINGS },
    ],
  });

export type Param = z.infer<typeof paramSchema>;
