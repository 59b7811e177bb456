/** What the API server's refusals mean to a write. */
import { ApiError } from './runtime/errors.ts';

/** Somebody else wrote first: look again. */
export class StaleError extends Error {
  override name = 'StaleError';
}

/** A test of the patch failed: 422 without a cause. With causes it is the patch itself that is wrong. */
export function stale(error: unknown): never {
  if (
    error instanceof ApiError &&
    (error.status === 409 || (error.status === 422 && error.causes.length === 0))
  ) {
    throw new StaleError(error.message, { cause: error });
  }
  throw error;
}

export function exists(error: unknown): boolean {
  return error instanceof ApiError && error.reason === 'AlreadyExists';
}

export function isGone(error: unknown): boolean {
  return error instanceof ApiError && error.status === 404;
}

export function unlessGone(error: unknown): undefined {
  if (!isGone(error)) throw error;
}
