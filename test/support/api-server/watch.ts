/** Watches: what happened since a version, and what happens. */
import { type ServerResponse } from 'node:http';
import { type Selector } from './selector.ts';
import { type Change, type ChangeType, type Shelf, type Store } from './store.ts';
import { expired, type Status, StatusError } from './status.ts';
import { type Meta } from './object.ts';
import { apiVersionOf, resourceKey, type Resource } from './resource.ts';

export interface WatchQuery {
  resource: Resource;
  namespace: string | undefined;
  /** By label, field and namespace. */
  matches: Selector;
  /** `undefined`, 0: everything that is there first. */
  since: number | undefined;
  /** A bookmark says where what was there ends. */
  initialEnd: boolean;
  bookmarks: boolean;
  /** ms */
  timeout: number;
}

export interface WatchSettings {
  /** ms between bookmarks. */
  bookmarkInterval: number;
}

/** One open watch. */
export class Watch {
  readonly response: ServerResponse;
  readonly #query: WatchQuery;
  readonly #store: Store;
  readonly #shelf: Shelf;
  readonly #timers: NodeJS.Timeout[] = [];
  readonly #listener = (change: Change): void => this.#hear(change);
  /** How often every event is sent. */
  #times: () => number;

  constructor(store: Store, query: WatchQuery, response: ServerResponse, times: () => number) {
    this.#store = store;
    this.#query = query;
    this.#shelf = store.shelf(resourceKey(query.resource));
    this.response = response;
    this.#times = times;
  }

  start({ bookmarkInterval }: WatchSettings): void {
    const { since = 0, timeout, bookmarks, initialEnd } = this.#query;
    this.response.writeHead(200, { 'content-type': 'application/json' });
    this.response.flushHeaders();
    this.response.once('close', () => this.stop());
    if (since > 0 && since < this.#shelf.forgotten) {
      const { status } = expired(`too old resource version: ${since} (${this.#shelf.forgotten})`);
      return this.fail(status);
    }
    if (since > 0) {
      const missed = this.#shelf.history.filter(({ number }) => number > since);
      for (const change of missed) this.#hear(change);
    } else this.#all();
    if (initialEnd && bookmarks) this.#bookmark({ 'k8s.io/initial-events-end': 'true' });
    this.#shelf.listeners.add(this.#listener);
    if (bookmarks) this.#timers.push(setInterval(() => this.#bookmark(), bookmarkInterval));
    this.#timers.push(setTimeout(() => this.end(), timeout));
  }

  /** Ends it as the server does when its time is over. */
  end(): void {
    if (this.#query.bookmarks) this.#bookmark();
    this.stop();
    this.response.end();
  }

  /** Ends it with an error. */
  fail(status: Status): void {
    this.stop();
    this.response.end(`{"type":"ERROR","object":${JSON.stringify(status)}}\n`);
  }

  /** Sends nothing any more; the connection stays as it is. */
  stop(): void {
    this.#shelf.listeners.delete(this.#listener);
    for (const timer of this.#timers.splice(0)) clearTimeout(timer);
  }

  #all(): void {
    const { namespace, matches } = this.#query;
    for (const version of this.#shelf.values(namespace)) {
      if (matches(version.object.metadata))
        this.response.write(`{"type":"ADDED","object":${version.json}}\n`);
    }
  }

  #hear(change: Change): void {
    const type = this.#seenAs(change);
    if (type === undefined) return;
    for (let sent = 0; sent < this.#times(); sent++) this.response.write(change.line(type));
  }

  /** A change, for who sees only what matches: an object may come and go by its labels too. */
  #seenAs({ type, now, before }: Change): ChangeType | undefined {
    const { matches } = this.#query;
    const was = before !== undefined && matches(before.object.metadata);
    if (type === 'DELETED') return was ? 'DELETED' : undefined;
    const is = matches(now.object.metadata);
    if (is) return was ? 'MODIFIED' : 'ADDED';
    return was ? 'DELETED' : undefined;
  }

  #bookmark(annotations?: Record<string, string>): void {
    const { resource } = this.#query;
    const metadata: Partial<Meta> = {
      resourceVersion: String(this.#store.version),
      ...(annotations !== undefined && { annotations }),
    };
    const object = { kind: resource.kind, apiVersion: apiVersionOf(resource), metadata };
    this.response.write(`${JSON.stringify({ type: 'BOOKMARK', object })}\n`);
  }
}

/** @throws {StatusError} 500, as the real server has it for a watch */
export function watchVersion(text: string | null): number | undefined {
  if (text === null || text === '') return undefined;
  if (/^\d+$/.test(text)) return Number(text);
  throw new StatusError(
    500,
    undefined,
    `resourceVersion: Invalid value: ${JSON.stringify(text)}: strconv.ParseUint: parsing ${JSON.stringify(text)}: invalid syntax`,
  );
}
