/** All objects of one type, as the API server has them: listed once, then followed by a watch. */
import { setTimeout as sleep } from 'node:timers/promises';
import { Backoff } from './cache/backoff.ts';
import { BOUNDS, type Bounds } from './cache/budget.ts';
import { collector } from './cache/garbage.ts';
import { kindOf, Problems } from './cache/problem.ts';
import { Store, type Change } from './cache/store.ts';
import type { ApiClient, WatchEvent } from './client.ts';
import type { Log } from './log.ts';
import { ApiError, ApiUnreachableError, isExpired } from './errors.ts';
import { resourceName, type KubeObject, type ResourceType } from './objects.ts';

export { type Change } from './cache/store.ts';

export interface CacheSettings<T extends KubeObject> {
  client: Pick<ApiClient, 'list' | 'watch'>;
  type: ResourceType;
  /** Absent: all namespaces. */
  namespace?: string | undefined;
  labelSelector?: string | undefined;
  /** Drops what nobody needs, before an object is stored. */
  keep?: (object: T) => T;
  /** What is kept of an object for which there is no room, with `stub: true`: where it is. Default: all of it. */
  stub?: (object: T) => T;
  /** Default: {@link BOUNDS}. */
  bounds?: Bounds;
  /**
   * Called for each change of the cache, that by {@link Cache.put} too; with the object as it was last when it is
   * deleted. It is to do no more than to remember what to look at.
   */
  onChange: (object: T, change: Change) => void;
  log: Pick<Log, 'debug' | 'info' | 'warn' | 'error'>;
  /** Called when a watch failed and has to begin anew, with the HTTP status or one word for what stood in the way. */
  onRestart?: (reason: string) => void;
  /** The most objects that are asked for at once. Default: 20: what is read of larger pages stays in memory for longer. */
  pageSize?: number;
  /** How long a watch is asked to last, seconds; silence cannot last longer. Default: 60. */
  watchSeconds?: number;
  /** The delays after failures, ms. Default: from 200 up to 10,000. */
  backoff?: { first: number; most: number };
}

/** A watch that ends sooner than this, ms, and has told nothing, has failed: the next has to wait. */
const SHORT_WATCH = 1_000;
/** Lists that lag behind are refused so often in a row; then it is not they that are wrong. */
const STALE_LISTS = 5;

/** A list that is older than what is known already. */
class StaleListError extends Error {
  override name = 'StaleListError';
}

/**
 * Follows one type of object. Whatever the API server does, it goes on trying.
 *
 * @example
 * const cache = new Cache<Task>({ client, type: TASKS, onChange: ({ metadata }) => queue.add(metadata.name), log });
 * void cache.run(signal);
 * await cache.synced;
 * cache.get('default', 'hello')?.spec
 */
export class Cache<T extends KubeObject> {
  readonly #settings: Required<Omit<CacheSettings<T>, 'namespace' | 'labelSelector'>>;
  readonly #selection: { namespace: string | undefined; labelSelector: string | undefined };
  readonly #store: Store<T>;
  readonly #problems: Problems;
  /** A list that succeeds says nothing of watches, which may be cut again and again. */
  readonly #backoffs: { list: Backoff; watch: Backoff };
  readonly #synced = Promise.withResolvers<void>();
  #hasSynced = false;
  #staleLists = 0;
  #leftOut = 0;
  /** Whether something was deleted since all were listed. */
  #deleted = false;
  #pageSize: number;

  constructor(settings: CacheSettings<T>) {
    const { namespace, labelSelector, ...others } = settings;
    const defaults = {
      keep: (object: T) => object,
      stub: (object: T) => object,
      bounds: BOUNDS,
      onRestart: () => undefined,
      pageSize: 20,
      watchSeconds: 60,
    };
    this.#settings = { ...defaults, backoff: { first: 200, most: 10_000 }, ...others };
    this.#selection = { namespace, labelSelector };
    const { stub, bounds } = this.#settings;
    this.#store = new Store({
      emit: (object, change) => this.#tell(object, change),
      onLeftOut: (object) => this.#leaveOut(object),
      stub,
      bounds,
    });
    this.#problems = new Problems(settings.type, namespace, settings.log);
    const { backoff } = this.#settings;
    this.#backoffs = { list: new Backoff(backoff), watch: new Backoff(backoff) };
    this.#pageSize = this.#settings.pageSize;
    // Nobody has to wait for it.
    this.#synced.promise.catch(() => undefined);
  }

  /** Resolves when everything has been listed once; rejects when {@link run} ends before. */
  get synced(): Promise<void> {
    return this.#synced.promise;
  }

  get hasSynced(): boolean {
    return this.#hasSynced;
  }

  /** Why the API server cannot be followed, and what to do; `undefined` while it can. */
  get problem(): string | undefined {
    return this.#problems.current;
  }

  get size(): number {
    return this.#store.size;
  }

  get(namespace: string | undefined, name: string): T | undefined {
    return this.#store.get(namespace, name);
  }

  values(): Iterable<T> {
    return this.#store.values();
  }

  /** How many objects were not kept since all were listed, because there are too many. */
  get leftOut(): number {
    return this.#leftOut;
  }

  /** Asks again what to keep of an object: something else has changed. */
  keepAgain(namespace: string | undefined, name: string): void {
    const known = this.get(namespace, name);
    if (known !== undefined && known.stub !== true) this.#store.replace(this.#settings.keep(known));
  }

  /** Takes in the answer to an own write, unless something newer is known. */
  put(object: T): void {
    this.#store.put(this.#settings.keep(object));
  }

  /** Follows the API server until `signal` is aborted; rejects for nothing that a server does. */
  async run(signal: AbortSignal): Promise<void> {
    let listed = false;
    while (!signal.aborted) {
      try {
        if (!listed) await this.#list(signal);
        listed = true;
        listed = await this.#watch(signal);
        // There may be a place now for what had none.
        if (this.#leftOut > 0 && this.#deleted) listed = false;
      } catch (error) {
        if (signal.aborted) break;
        const during = listed ? 'watch' : 'list';
        if (during === 'watch') this.#settings.onRestart(kindOf(error));
        if (isExpired(error) || isAhead(error)) listed = false;
        if (isTooLarge(error)) this.#pageSize = Math.ceil(this.#pageSize / 4);
        const backoff = this.#backoffs[during];
        const delay = backoff.next(error instanceof ApiError ? error.retryAfter : undefined);
        this.#problems.met(error, during, backoff.failures);
        await this.#pause(delay, signal);
      }
    }
    this.#synced.reject(signal.reason);
  }

  async #list(signal: AbortSignal): Promise<void> {
    try {
      await this.#pages(signal);
    } catch (error) {
      // Pages that took too long: the next ones may be quicker.
      if (!isExpired(error)) throw error;
      await this.#pages(signal);
    }
    this.#backoffs.list.reset();
    this.#problems.none();
    this.#hasSynced = true;
    this.#synced.resolve();
  }

  async #pages(signal: AbortSignal): Promise<void> {
    const { client, type, keep } = this.#settings;
    const query = { ...this.#selection, limit: this.#pageSize };
    let page = await client.list<T>(type, query, { signal });
    const { resourceVersion } = page.metadata;
    const behind = this.#store.isBehind(resourceVersion);
    if (behind && ++this.#staleLists < STALE_LISTS) {
      throw new StaleListError(
        `the list of ${resourceName(type)} is older (${resourceVersion}) than what is known (${this.#store.seen}): it is of a server that lags behind`,
      );
    }
    this.#staleLists = 0;
    this.#leftOut = 0;
    this.#deleted = false;
    const read = collector();
    const listing = this.#store.list(resourceVersion, { believe: behind });
    for (;;) {
      listing.page(page.items.map(keep));
      read(page.items.length);
      if (page.metadata.continue === undefined || page.metadata.continue === '') break;
      page = await client.list<T>(type, { ...query, continue: page.metadata.continue }, { signal });
    }
    listing.end();
  }

  /**
   * One watch, to its end.
   * @returns whether the next can go on from there. A server has a bookmark for every watch, if nothing else, except for
   * one from a version that it has not reached yet: after etcd was restored from a backup, that one is deaf.
   */
  async #watch(signal: AbortSignal): Promise<boolean> {
    const { client, type, watchSeconds, log } = this.#settings;
    const resourceVersion = this.#store.seen ?? '';
    const query = { ...this.#selection, resourceVersion, timeoutSeconds: watchSeconds };
    const started = performance.now();
    let told = false;
    try {
      for await (const event of client.watch<T>(type, query, { signal })) {
        if (!told) this.#well();
        told = true;
        this.#take(event);
      }
    } finally {
      // What has lasted is no failure that the one before led to.
      if (performance.now() - started >= SHORT_WATCH) this.#backoffs.watch.reset();
    }
    log.debug({ resource: resourceName(type), told }, 'the watch ended');
    if (told) return true;
    const lasted = performance.now() - started >= SHORT_WATCH;
    if (lasted) this.#well();
    else await this.#pause(this.#backoffs.watch.next(), signal);
    return !lasted;
  }

  #well(): void {
    this.#backoffs.watch.reset();
    this.#problems.none();
  }

  #take(event: WatchEvent<T>): void {
    switch (event.type) {
      case 'BOOKMARK':
        return this.#store.reached(event.resourceVersion);
      case 'DELETED':
        this.#deleted = true;
        return this.#store.deleted(this.#settings.keep(event.object));
      case 'ADDED':
      case 'MODIFIED':
        return this.#store.changed(this.#settings.keep(event.object));
    }
  }

  #tell(object: T, change: Change): void {
    const { onChange, log, type } = this.#settings;
    try {
      onChange(object, change);
    } catch (error) {
      const { namespace, name } = object.metadata;
      log.error(
        { resource: resourceName(type), namespace, name, change, error },
        'a handler of changes failed',
      );
    }
  }

  /** Named once, and then counted. */
  #leaveOut({ metadata }: T): void {
    if (this.#leftOut++ > 0) return;
    const { log, type, bounds } = this.#settings;
    const { namespace, name } = metadata;
    log.warn(
      {
        resource: resourceName(type),
        namespace,
        name,
        kept: this.size,
        most: bounds.count,
        mostOfNamespace: bounds.countOfNamespace,
      },
      'too many objects: this one and others are passed over until some are deleted',
    );
  }

  async #pause(time: number, signal: AbortSignal): Promise<void> {
    await sleep(time, undefined, { signal }).catch(() => undefined);
  }
}

/** The server has not come as far as what was asked for: it lags behind, or etcd was restored from a backup. */
function isAhead(error: unknown): boolean {
  return error instanceof ApiError && error.causes.includes('ResourceVersionTooLarge');
}

function isTooLarge(error: unknown): boolean {
  return error instanceof ApiUnreachableError && error.obstacle === 'size';
}
