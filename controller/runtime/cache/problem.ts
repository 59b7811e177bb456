/** What keeps a cache from following the API server, in words and in the log. */
import { ApiError, ApiUnreachableError } from '../errors.ts';
import type { Log } from '../log.ts';
import { apiVersionOf, resourceName, type ResourceType } from '../objects.ts';

/** So many failures of a watch in a row are nothing yet: servers restart, load balancers cut. */
const PATIENCE = 3;

/** One line in the log for each problem, however often it comes again. */
export class Problems {
  /** What to do about it, too. `undefined`: there is none. */
  current: string | undefined;
  #kind: string | undefined;
  readonly #type: ResourceType;
  readonly #namespace: string | undefined;
  readonly #log: Pick<Log, 'debug' | 'info' | 'warn'>;

  constructor(type: ResourceType, namespace: string | undefined, log: Pick<Log, 'debug' | 'info' | 'warn'>) {
    this.#type = type;
    this.#namespace = namespace;
    this.#log = log;
  }

  /** @param failures - how often in a row, this one included */
  met(error: unknown, during: 'list' | 'watch', failures: number): void {
    const kind = kindOf(error);
    const fields = { resource: resourceName(this.#type), during, failures };
    if ((during === 'watch' && failures < PATIENCE) || kind === this.#kind) {
      if (this.#kind !== undefined) this.current = this.#words(error);
      this.#log.debug({ ...fields, error }, 'the API server cannot be followed; trying again');
      return;
    }
    this.#kind = kind;
    this.current = this.#words(error);
    this.#log.warn(
      { ...fields, problem: this.current },
      'the API server cannot be followed; trying until it can',
    );
  }

  /** It goes well. */
  none(): void {
    if (this.#kind === undefined) return;
    this.#kind = undefined;
    this.current = undefined;
    this.#log.info({ resource: resourceName(this.#type) }, 'the API server can be followed again');
  }

  #words(error: unknown): string {
    const name = resourceName(this.#type);
    const message = error instanceof Error ? error.message : String(error);
    if (!(error instanceof ApiError)) return message;
    switch (error.status) {
      case 401:
        return `${message}; the cluster does not accept the credentials: check the service account or the kubeconfig`;
      case 403: {
        const where = this.#namespace === undefined ? 'all namespaces' : `namespace ${this.#namespace}`;
        return `${message}; allow get, list and watch of ${name} in ${where} by a role`;
      }
      case 404:
        return `${message}; the cluster has no ${name} of ${apiVersionOf(this.#type)}: install its CustomResourceDefinition`;
      default:
        return message;
    }
  }
}

/** One word for what went wrong: the HTTP status, or what stood in the way. */
export function kindOf(error: unknown): string {
  if (error instanceof ApiError) return String(error.status);
  if (error instanceof ApiUnreachableError) return error.obstacle;
  return error instanceof Error ? error.name : 'unknown';
}
