/** An API server that knows one Lease, for tests of the election alone. */
import { type ApiClient, type WatchEvent } from '../../../../controller/runtime/client.ts';
import { ApiError } from '../../../../controller/runtime/errors.ts';
import { type KubeObject } from '../../../../controller/runtime/objects.ts';
import { type Lease } from '../../../../controller/runtime/lease/election.ts';

/** How requests and events get through. */
export interface Link {
  /** `serve` is run where and when the server gets the request. */
  send<T>(serve: () => T, signal: AbortSignal | undefined): Promise<T>;
  /** Brings something from the server; never twice, and never before what was sent earlier. */
  push(deliver: () => void): void;
}

type Event = WatchEvent<Lease>;

export class LeaseServer {
  lease: Lease | undefined;
  /** The holders of all versions there ever were. */
  readonly holders: string[] = [];
  #version = 0;
  readonly #watchers = new Set<(event: Event) => void>();

  get(): Lease {
    return structuredClone(this.#present());
  }

  create(lease: Lease): Lease {
    if (this.lease !== undefined) throw refusal(409, 'AlreadyExists');
    return this.#store(lease, 'ADDED');
  }

  /** RFC 7386, as far as a Lease is deep. */
  patch(patch: Lease): Lease {
    const { metadata, spec } = this.#present();
    const wanted = patch.metadata.resourceVersion;
    if (wanted !== undefined && wanted !== metadata.resourceVersion) throw refusal(409, 'Conflict');
    return this.#store({ metadata, spec: { ...spec, ...patch.spec } }, 'MODIFIED');
  }

  delete(): void {
    this.#tell({ type: 'DELETED', object: this.#present() });
    this.lease = undefined;
  }

  /** Tells the Lease as it is, and then each change, until the returned function is called. */
  watch(tell: (event: Event) => void): () => void {
    if (this.lease !== undefined) tell({ type: 'ADDED', object: this.lease });
    this.#watchers.add(tell);
    return () => this.#watchers.delete(tell);
  }

  /** A client of this server. */
  client(link: Link): ApiClient {
    const none = () => Promise.reject(new Error('the election asks for no such thing'));
    const typed = <T extends KubeObject>(serve: () => Lease, signal: AbortSignal | undefined): Promise<T> =>
      link.send<unknown>(serve, signal) as Promise<T>;
    return {
      get: (_type, _ref, options) => typed(() => this.get(), options?.signal),
      create: (_type, object, options) => typed(() => this.create(object as Lease), options?.signal),
      patch: (_type, _ref, { body }, options) => typed(() => this.patch(body as Lease), options?.signal),
      watch: (_type, _query, { signal }) => this.#events(link, signal) as AsyncIterable<WatchEvent<never>>,
      delete: none,
      list: none,
      version: none,
    };
  }

  async *#events(link: Link, signal: AbortSignal): AsyncGenerator<Event> {
    const events: Event[] = [];
    let wake = (): void => undefined;
    const hear = (event: Event): void => {
      events.push(event);
      wake();
    };
    const end = await link.send(() => this.watch((event) => link.push(() => hear(event))), signal);
    const stop = (): void => wake();
    signal.addEventListener('abort', stop);
    try {
      while (!signal.aborted) {
        const event = events.shift();
        if (event !== undefined) yield event;
        else await new Promise<void>((resolve) => (wake = resolve));
      }
    } finally {
      signal.removeEventListener('abort', stop);
      end();
    }
  }

  #present(): Lease {
    if (this.lease === undefined) throw refusal(404, 'NotFound');
    return this.lease;
  }

  #store(lease: Lease, type: 'ADDED' | 'MODIFIED'): Lease {
    const metadata = { ...lease.metadata, resourceVersion: String(++this.#version) };
    this.lease = { ...lease, metadata };
    this.holders.push(this.lease.spec?.holderIdentity ?? '');
    this.#tell({ type, object: this.lease });
    return structuredClone(this.lease);
  }

  #tell(event: Event): void {
    for (const tell of this.#watchers) tell(structuredClone(event));
  }
}

function refusal(status: number, reason: string): ApiError {
  return new ApiError({ asked: 'the Lease', status, reason });
}
