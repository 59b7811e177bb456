/** Why a request to the API server gave nothing: one class for each decision of the caller. */
import type { Obstacle as NetworkObstacle } from '../../shared/image/errors.ts';

interface Told {
  /** Method and path, `GET /api/v1/pods`. */
  asked: string;
  /** The HTTP status, or the `code` of an ERROR event. */
  status: number;
  /** `Status.reason`; by default what Kubernetes says with this status. */
  reason?: string | undefined;
  /** The server's own words. */
  message?: string | undefined;
  /** When the server wants to be asked again, ms from now. */
  retryAfter?: number | undefined;
  /** The reasons in `Status.details.causes`. */
  causes?: readonly string[];
}

/**
 * The API server answered, and what it said is no.
 *
 * @example new ApiError({ asked: 'GET /api/v1/namespaces/a/pods/b', status: 404 }).reason // 'NotFound'
 */
export class ApiError extends Error {
  override name = 'ApiError';
  readonly status: number;
  /** `NotFound`, `AlreadyExists`, `Conflict`, `Expired`, `Gone`, `Forbidden`, `Invalid`, `TooManyRequests` … */
  readonly reason: string;
  /** When the server wants to be asked again, ms from when it said so. */
  readonly retryAfter?: number;
  /** The server's own words, where it had any. */
  readonly told: string;
  /** What it lists as causes, `ResourceVersionTooLarge` for one. */
  readonly causes: readonly string[];

  constructor({ asked, status, reason, message, retryAfter, causes = [] }: Told) {
    const why = reason === undefined || reason === '' ? (REASONS[status] ?? 'Unknown') : reason;
    super(`${asked}: ${status} ${why}${message === undefined || message === '' ? '' : `: ${message}`}`);
    this.status = status;
    this.reason = why;
    this.told = message ?? '';
    this.causes = causes;
    if (retryAfter !== undefined) this.retryAfter = retryAfter;
  }
}

/** What Kubernetes says with a status, for answers that are not its own, of a proxy for one. */
const REASONS: Readonly<Record<number, string>> = {
  400: 'BadRequest',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'NotFound',
  405: 'MethodNotAllowed',
  406: 'NotAcceptable',
  409: 'Conflict',
  410: 'Gone',
  413: 'RequestEntityTooLarge',
  415: 'UnsupportedMediaType',
  422: 'Invalid',
  429: 'TooManyRequests',
  500: 'InternalError',
  503: 'ServiceUnavailable',
  504: 'Timeout',
};

/**
 * What stands between us and the API server; `answer`: something answers, but not as an API server does; `size`: its
 * answer is larger than what is read of one.
 */
export type Obstacle = Exclude<NetworkObstacle, 'server'> | 'answer' | 'size';

const CURES = {
  name: 'check the address of the cluster and the DNS of this machine',
  tls: 'check the certificate authority and the server name that the credentials give',
  timeout: 'check the network between here and the API server, and its load',
  connection: 'check that the API server runs, and the network between here and it',
  size: 'ask for less at once',
  answer: 'check that the address is an API server, and what stands between here and it',
} as const satisfies Record<Obstacle, string>;

/** There is no answer, or none of use; there may be one in a while. Whether a write was done is not known. */
export class ApiUnreachableError extends Error {
  override name = 'ApiUnreachableError';
  readonly obstacle: Obstacle;

  /** @param asked - method and URL */
  constructor(asked: string, obstacle: Obstacle, why: string, options?: ErrorOptions) {
    super(`${asked}: ${why}; ${CURES[obstacle]}`, options);
    this.obstacle = obstacle;
  }
}

/** What is needed to talk to a cluster is missing or wrong. The message names file and field, never what is in them. */
export class CredentialsError extends Error {
  override name = 'CredentialsError';
}

/** Whether the versions that were asked for are too old for the server to know: list again. */
export function isExpired(error: unknown): error is ApiError {
  return error instanceof ApiError && error.status === 410;
}
