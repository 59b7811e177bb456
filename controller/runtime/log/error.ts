/** An error for the log. Only what is known to hold no secret: other fields of an error may be a whole request. */

export interface DescribedError {
  name: string;
  message: string;
  /** Of the errors of the system and of Node. */
  code?: string;
  stack?: string;
  cause?: DescribedError;
}

/** Causes beyond that depth are left out; an error may be its own. */
const DEPTH = 4;

export function describeError(error: Error, stacks: boolean, depth = 0): DescribedError {
  const code: unknown = Reflect.get(error, 'code');
  return {
    name: error.name,
    message: error.message,
    ...(typeof code === 'string' && { code }),
    ...(stacks && error.stack !== undefined && { stack: error.stack }),
    ...(error.cause instanceof Error &&
      depth < DEPTH && { cause: describeError(error.cause, stacks, depth + 1) }),
  };
}
