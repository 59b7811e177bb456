import { z } from 'zod';
import { DURATION, parseDuration } from '../../turn/duration.ts';

/**
 * A map that Kubernetes defines. Unknown fields are kept as they are, since a newer Kubernetes may know them;
 * the TypeScript type lists the known fields only, so that `step.comand` is an error and `step.command` is not `unknown`.
 *
 * @example
 * const port = open({ containerPort: z.int32() });
 * port.parse({ containerPort: 80, fromTheFuture: 1 }); // { containerPort: 80, fromTheFuture: 1 }
 */
export function open<Shape extends z.core.$ZodLooseShape>(shape: Shape): ClosedType<Shape> {
  return z.looseObject(shape);
}

type ClosedType<Shape extends z.core.$ZodLooseShape> = z.ZodObject<z.core.util.Writeable<Shape>>;

/** Optional fields, each with the sentence that `kubectl explain` shows. */
export const text = (about: string) => z.string().optional().describe(about);
export const texts = (about: string) => z.array(z.string()).optional().describe(about);
export const flag = (about: string) => z.boolean().optional().describe(about);
export const int32 = (about: string) => z.int32().optional().describe(about);
/** An int64 of Kubernetes. Past 2^53 it is a bigint, since no number of JavaScript is exact there. */
export const int64 = (about: string) => anInteger().optional().describe(about);
export const anInteger = () => z.union([z.int(), z.bigint()]);
export const oneOf = <const Words extends readonly [string, ...string[]]>(words: Words, about: string) =>
  z.enum(words).optional().describe(about);

/** The longest duration, a year: what is longer was not meant, and overflows what has to wait for it. */
const MAX_DURATION = '8760h';
const MAX_DURATION_MS = parseDuration(MAX_DURATION) ?? Infinity;

/** A Go duration that is more than nothing. */
export const duration = (about: string) =>
  z
    .string()
    .max(32)
    .regex(DURATION, { error: 'expected a duration such as "90s" or "1h30m"' })
    .refine(isPractical, { error: `expected a duration above 0 and of at most ${MAX_DURATION}` })
    .meta({
      'x-kubernetes-validations': [
        {
          rule: `duration(self) > duration('0s') && duration(self) <= duration('${MAX_DURATION}')`,
          message: `expected a duration above 0 and of at most ${MAX_DURATION}`,
        },
      ],
    })
    .optional()
    .describe(about);

function isPractical(text: string): boolean {
  const ms = parseDuration(text);
  // What is no duration at all has been said already.
  return ms === undefined || (ms > 0 && ms <= MAX_DURATION_MS);
}

/**
 * A field that Kubernetes has in this place and a Task has not, or not here: declared, so that whoever writes it is told
 * why, in a cluster too.
 *
 * @param reason - a sentence without its full stop
 */
export const notHere = <Schema extends z.ZodType>(schema: Schema, reason: string) =>
  schema
    .refine(() => false, { error: reason })
    .meta({ 'x-kubernetes-validations': [{ rule: 'false', message: reason }] })
    .optional()
    .describe(`Not here: ${reason}.`);

/** A port: a number, or the name of one of the container's ports. */
export const intOrString = (about: string) =>
  z.union([z.int32(), z.string()]).describe(about).meta({ 'x-kubernetes-int-or-string': true });

const QUANTITY =
  /^[-+]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[KMGTPE]i|[numkMGTPE]|[eE][-+]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+))?$/;

const NOT_A_QUANTITY = 'expected a quantity such as "500m", "0.5" or "128Mi"';

/**
 * A Kubernetes quantity. A fraction must be a string: the API server takes integers and strings only where a
 * custom resource has a quantity (`x-kubernetes-int-or-string`).
 */
export const quantity = () =>
  z
    .union([z.int(), z.bigint(), z.string().regex(QUANTITY, { error: NOT_A_QUANTITY })], {
      error: NOT_A_QUANTITY,
    })
    .describe('An amount, such as 500m (half a CPU) or 128Mi.')
    .meta({ 'x-kubernetes-int-or-string': true });

/** DNS-1123 label, RFC 1123: what containers, volumes and namespaces are named by. */
export const label = (about: string) =>
  z
    .string()
    .max(63)
    .regex(/^[a-z0-9](?:[-a-z0-9]*[a-z0-9])?$/, {
      error: 'expected lower-case letters, digits and "-" only, beginning and ending with a letter or digit',
    })
    .describe(about);
