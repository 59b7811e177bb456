/** The Kubernetes API, as far as the controller needs it. */
import { formatJson } from '../../shared/json.ts';
import type { Access } from './credentials.ts';
import { ApiUnreachableError } from './errors.ts';
import { pathOf } from './http/path.ts';
import { Session, type Request, type Seen, type Verb } from './http/session.ts';
import { isObject } from './http/status.ts';
import type { KubeObject, Ref, ResourceType } from './objects.ts';
import { parseEvent, type WatchEvent } from './watch/event.ts';

export { type Ref } from './objects.ts';
export { type Seen } from './http/session.ts';
export { type WatchEvent } from './watch/event.ts';

export interface CallOptions {
  signal?: AbortSignal | undefined;
}

interface CreateOptions extends CallOptions {
  dryRun?: boolean;
  /** Refuse fields that the server does not know, instead of dropping them without a word. */
  strict?: boolean;
}

export interface Patch {
  /** `json`: RFC 6902. `merge`: RFC 7386. `apply`: server-side apply. */
  type: 'json' | 'merge' | 'apply';
  body: unknown;
  /** Who applies; the server demands it with `apply`. */
  fieldManager?: string;
  /** Take fields over from other managers; with `apply` only. */
  force?: boolean;
}

export interface DeleteOptions extends CallOptions {
  /** Only if it is still this one. */
  uid?: string;
  /** Only if nobody has changed it since. */
  resourceVersion?: string;
  propagationPolicy?: 'Background' | 'Foreground' | 'Orphan';
  gracePeriodSeconds?: number;
}

export interface Selection {
  /** Absent: all namespaces. */
  namespace?: string | undefined;
  labelSelector?: string | undefined;
  fieldSelector?: string | undefined;
}

export interface ListQuery extends Selection {
  /** The most items of one page. */
  limit?: number | undefined;
  /** Where the page before ended. */
  continue?: string | undefined;
  resourceVersion?: string | undefined;
  resourceVersionMatch?: 'Exact' | 'NotOlderThan' | undefined;
}

export interface WatchQuery extends Selection {
  /** Only what is newer. */
  resourceVersion: string;
  /** When the server ends it. */
  timeoutSeconds: number;
}

export interface Page<T> {
  metadata: { resourceVersion: string; continue?: string };
  items: T[];
}

/**
 * All methods throw {@link ApiError} when the server says no, {@link ApiUnreachableError} when it says nothing of use,
 * {@link CredentialsError} when there are no credentials to ask with, and the signal's reason when that is aborted.
 */
export interface ApiClient {
  get<T extends KubeObject>(type: ResourceType, ref: Ref, options?: CallOptions): Promise<T>;
  /** In the namespace of its metadata. */
  /** With `dryRun` the server says what it would say, and makes nothing. */
  create<T extends KubeObject>(type: ResourceType, object: T, options?: CreateOptions): Promise<T>;
  patch<T extends KubeObject>(
    type: ResourceType,
    ref: Ref & { subresource?: string },
    patch: Patch,
    options?: CallOptions,
  ): Promise<T>;
  delete(type: ResourceType, ref: Ref, options?: DeleteOptions): Promise<void>;
  list<T extends KubeObject>(type: ResourceType, query: ListQuery, options?: CallOptions): Promise<Page<T>>;
  /** Ends when the server ends it. An ERROR event is thrown. */
  watch<T extends KubeObject>(
    type: ResourceType,
    query: WatchQuery,
    options: { signal: AbortSignal },
  ): AsyncIterable<WatchEvent<T>>;
  version(options?: CallOptions): Promise<{ major: string; minor: string; gitVersion: string }>;
}

export interface ClientSettings {
  /** Of the program, for the server's logs. */
  version: string;
  /** What it is called there, and as the manager of the fields that it writes. Default: taskflow-controller. */
  program?: string;
  /** The most time that a request takes with all its tries, ms; that of a watch until its begin. Default: 30 s. */
  requestTimeout?: number;
  /** A watch that lasts this much longer than it should is dead, ms. Default: 10 s. */
  watchSlack?: number;
  /** The most connections at once, watches apart. Default: 8. */
  maxConnections?: number;
  /** The most bytes of one answer, or of one event of a watch. Default: 64 MiB. */
  maxBytes?: number;
  /** Called for each request that went over the wire. */
  onRequest?: (seen: Seen) => void;
}

const PATCH_TYPES = {
  json: 'application/json-patch+json',
  merge: 'application/merge-patch+json',
  // JSON is YAML.
  apply: 'application/apply-patch+yaml',
} as const satisfies Record<Patch['type'], string>;

/**
 * A client of one cluster.
 *
 * @example
 * const client = connect(await inCluster(), { version: '0.1.0' });
 * const pod = await client.get(PODS, { namespace: 'default', name: 'a' });
 */
export function connect(access: Access, settings: ClientSettings): HttpClient {
  return new HttpClient(access, settings);
}

/** See {@link connect}. */
export class HttpClient implements ApiClient {
  readonly #session: Session;
  readonly #watchSlack: number;

  constructor(access: Access, settings: ClientSettings) {
    const {
      version,
      program = 'taskflow-controller',
      requestTimeout = 30_000,
      maxConnections = 8,
      maxBytes = 64 * 1024 * 1024,
    } = settings;
    const { watchSlack = 10_000, onRequest = () => undefined } = settings;
    const userAgent = `${program}/${version}`;
    this.#session = new Session(access, { userAgent, requestTimeout, maxConnections, maxBytes, onRequest });
    this.#watchSlack = watchSlack;
  }

  async get<T extends KubeObject>(type: ResourceType, ref: Ref, { signal }: CallOptions = {}): Promise<T> {
    return this.#object<T>({ ...about('get', type), method: 'GET', path: pathOf(type, ref) }, signal);
  }

  async create<T extends KubeObject>(
    type: ResourceType,
    object: T,
    { signal, dryRun = false, strict = false }: CreateOptions = {},
  ): Promise<T> {
    const query = {
      dryRun: dryRun ? 'All' : undefined,
      fieldValidation: strict ? 'Strict' : undefined,
    };
    const path = pathOf(type, { namespace: object.metadata.namespace }, query);
    return this.#object<T>({ ...about('create', type), method: 'POST', path, ...json(object) }, signal);
  }

  async patch<T extends KubeObject>(
    type: ResourceType,
    ref: Ref & { subresource?: string },
    { type: kind, body, fieldManager, force }: Patch,
    { signal }: CallOptions = {},
  ): Promise<T> {
    const path = pathOf(type, ref, { fieldManager, force });
    return this.#object<T>(
      {
        ...about('patch', type, ref.subresource),
        method: 'PATCH',
        path,
        ...json(body),
        type: PATCH_TYPES[kind],
      },
      signal,
    );
  }

  async delete(type: ResourceType, ref: Ref, options: DeleteOptions = {}): Promise<void> {
    const { uid, resourceVersion, propagationPolicy, gracePeriodSeconds, signal } = options;
    const body = {
      apiVersion: 'v1',
      kind: 'DeleteOptions',
      propagationPolicy,
      gracePeriodSeconds,
      // What is undefined is left out.
      preconditions: { uid, resourceVersion },
    };
    const path = pathOf(type, ref);
    await this.#session.json({ ...about('delete', type), method: 'DELETE', path, ...json(body) }, signal);
  }

  async list<T extends KubeObject>(
    type: ResourceType,
    { namespace, ...query }: ListQuery,
    { signal }: CallOptions = {},
  ): Promise<Page<T>> {
    const path = pathOf(type, { namespace }, query);
    const answer = await this.#session.json({ ...about('list', type), method: 'GET', path }, signal);
    if (!isPage<T>(answer)) throw new ApiUnreachableError(`GET ${path}`, 'answer', 'the answer is no list');
    return { ...answer, items: answer.items ?? [] };
  }

  async *watch<T extends KubeObject>(
    type: ResourceType,
    { namespace, ...query }: WatchQuery,
    { signal }: { signal: AbortSignal },
  ): AsyncGenerator<WatchEvent<T>, void> {
    const path = pathOf(type, { namespace }, { ...query, watch: true, allowWatchBookmarks: true });
    const time = query.timeoutSeconds * 1000 + this.#watchSlack;
    const parse = (line: string): WatchEvent<T> => parseEvent<T>(line, `GET ${path}`);
    yield* this.#session.lines({ ...about('watch', type), method: 'GET', path }, parse, { time, signal });
  }

  async version({ signal }: CallOptions = {}): Promise<{ major: string; minor: string; gitVersion: string }> {
    const request = { verb: 'get', resource: 'version', method: 'GET', path: '/version' } as const;
    const answer = await this.#session.json(request, signal);
    const { major, minor, gitVersion } = isObject(answer) ? answer : {};
    if (typeof major !== 'string' || typeof minor !== 'string' || typeof gitVersion !== 'string') {
      throw new ApiUnreachableError('GET /version', 'answer', 'the answer is no version');
    }
    return { major, minor, gitVersion };
  }

  /** Closes its connections; what is under way fails. */
  close(): void {
    this.#session.close();
  }

  async #object<T extends KubeObject>(request: Request, signal: AbortSignal | undefined): Promise<T> {
    const answer = await this.#session.json(request, signal);
    if (isObject(answer) && isObject(answer['metadata'])) return answer as unknown as T;
    const asked = `${request.method} ${request.path}`;
    throw new ApiUnreachableError(asked, 'answer', 'the answer is no Kubernetes object');
  }
}

function about(
  verb: Verb,
  { plural }: ResourceType,
  subresource?: string,
): Pick<Request, 'verb' | 'resource'> {
  return { verb, resource: subresource === undefined ? plural : `${plural}/${subresource}` };
}

function json(value: unknown): { body: string; type: string } {
  return { body: formatJson(value), type: 'application/json' };
}

/** Go writes no items at all as `null`. */
function isPage<T>(value: unknown): value is Omit<Page<T>, 'items'> & { items: T[] | null } {
  if (!isObject(value) || !isObject(value['metadata'])) return false;
  const { items, metadata } = value;
  return typeof metadata['resourceVersion'] === 'string' && (items === null || Array.isArray(items));
}
