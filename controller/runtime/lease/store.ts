/** One Lease in the cluster. Every request has a deadline, every write a version that it was made for. */
import type { ApiClient } from '../client.ts';
import { ApiError } from '../errors.ts';
import { LEASES } from '../objects.ts';
import { within, type Clock } from './clock.ts';
import {
  firstLease,
  recordOf,
  releasingPatch,
  renewingPatch,
  takingPatch,
  type Lease,
  type LeaseRecord,
  type Writer,
} from './election.ts';

export interface StoreSettings {
  client: ApiClient;
  namespace: string;
  name: string;
  identity: string;
  leaseDuration: number;
  /** The most time for one request, ms. */
  requestTimeout: number;
  clock: Clock;
}

export class LeaseStore {
  readonly #settings: StoreSettings;

  constructor(settings: StoreSettings) {
    this.#settings = settings;
  }

  /** The Lease as it is; `undefined` when there is none. */
  async look(signal?: AbortSignal): Promise<LeaseRecord | undefined> {
    const { client, namespace, name } = this.#settings;
    try {
      return await this.#ask(
        (stop) => client.get<Lease>(LEASES, { namespace, name }, { signal: stop }),
        signal,
      );
    } catch (error) {
      if (error instanceof ApiError && error.reason === 'NotFound') return undefined;
      throw error;
    }
  }

  /** @throws {ApiError} `AlreadyExists`: another was faster */
  async create(): Promise<LeaseRecord> {
    const { client, namespace, name } = this.#settings;
    const lease = firstLease({ namespace, name }, this.#writer());
    return this.#ask((signal) => client.create(LEASES, lease, { signal }));
  }

  /** Makes it one's own. @throws {ApiError} as the following two, `Conflict`: it was changed, `NotFound`: it is gone */
  async take(record: LeaseRecord): Promise<LeaseRecord> {
    return this.#patch(takingPatch(record, this.#writer()));
  }

  async renew(record: LeaseRecord): Promise<LeaseRecord> {
    return this.#patch(renewingPatch(record, this.#writer()));
  }

  async release(record: LeaseRecord, signal: AbortSignal): Promise<void> {
    await this.#patch(releasingPatch(record, this.#writer()), signal);
  }

  #writer(): Writer {
    const { identity, leaseDuration, clock } = this.#settings;
    return { identity, leaseDuration, wall: clock.wall() };
  }

  async #patch(body: object, signal?: AbortSignal): Promise<LeaseRecord> {
    const { client, namespace, name } = this.#settings;
    return this.#ask(
      (stop) => client.patch<Lease>(LEASES, { namespace, name }, { type: 'merge', body }, { signal: stop }),
      signal,
    );
  }

  async #ask(ask: (signal: AbortSignal) => Promise<Lease>, signal?: AbortSignal): Promise<LeaseRecord> {
    const { clock, requestTimeout } = this.#settings;
    return recordOf(await within({ clock, ms: requestTimeout, signal }, ask));
  }
}

/** Whether another was faster to take or create it. */
export function isOutrun(error: unknown): boolean {
  return error instanceof ApiError && ['Conflict', 'AlreadyExists'].includes(error.reason);
}

/** Whether it is no more what a write was made for. */
export function isChanged(error: unknown): boolean {
  return error instanceof ApiError && ['Conflict', 'NotFound'].includes(error.reason);
}
