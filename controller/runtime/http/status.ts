/** What the API server says when it says no: `Status`, or whatever a proxy before it says. */
import { parseRetryAfter } from '../../../shared/image/retry.ts';
import { ApiError } from '../errors.ts';

/** What is not a `Status` is cut to this many characters. */
const MOST_WORDS = 300;

interface Refusal {
  status: number;
  /** The body, as far as it was read. */
  text: string;
  /** The header `Retry-After`. */
  retryAfter?: string | undefined;
}

/** The error of an answer that is none of 2xx. */
export function refusalOf(asked: string, { status, text, retryAfter }: Refusal): ApiError {
  const wait = parseRetryAfter(retryAfter, Date.now());
  const said = parsed(text);
  if (said === undefined) {
    return new ApiError({ asked, status, message: wordsIn(text), retryAfter: wait });
  }
  return statusError(asked, said, { status, retryAfter: wait });
}

/**
 * The error that a `Status` object says.
 *
 * @see https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/status/
 */
export function statusError(
  asked: string,
  said: Record<string, unknown>,
  { status, retryAfter }: { status?: number; retryAfter?: number | undefined } = {},
): ApiError {
  const { code, reason, message, details } = said;
  const { retryAfterSeconds, causes } = isObject(details) ? details : {};
  const seconds =
    typeof retryAfterSeconds === 'number' && retryAfterSeconds > 0 ? retryAfterSeconds : undefined;
  return new ApiError({
    asked,
    status: status ?? (typeof code === 'number' ? code : 500),
    reason: typeof reason === 'string' ? reason : undefined,
    message: typeof message === 'string' ? message : undefined,
    retryAfter: retryAfter ?? (seconds === undefined ? undefined : seconds * 1000),
    causes: Array.isArray(causes) ? causes.flatMap(reasonOf) : [],
  });
}

function reasonOf(cause: unknown): string[] {
  return isObject(cause) && typeof cause['reason'] === 'string' ? [cause['reason']] : [];
}

function parsed(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) && value['kind'] === 'Status' ? value : undefined;
  } catch {
    return undefined;
  }
}

/** The words of a web page or a plain text, in one line. */
function wordsIn(text: string): string {
  const words = text
    .replaceAll(/<[^<>]*>/g, ' ')
    .replaceAll(/\s+/g, ' ')
    .trim();
  return words.length > MOST_WORDS ? `${words.slice(0, MOST_WORDS)}…` : words;
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
