/** Sees all that the API tells of the Tasks and pods of a namespace. */
import { isDeepStrictEqual } from 'node:util';
import { Cache } from '../../controller/runtime/cache.ts';
import type { ApiClient } from '../../controller/runtime/client.ts';
import { EVENTS, PODS, TASKS, type KubeObject } from '../../controller/runtime/objects.ts';
import { isFinal, type StoredTask } from '../../controller/stored-task.ts';
import type { Facts } from './facts.ts';

interface EventObject extends KubeObject {
  reason?: string;
  note?: string;
  regarding?: { uid?: string };
}

const SILENT = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
};

export class Watcher {
  readonly #settings: { client: ApiClient; namespace: string };
  readonly #statuses = new Map<string, Facts['seen'][number][]>();
  /** When each Task was gone. */
  readonly #gone = new Set<string>();
  /** The uids of pods, by name. */
  readonly #pods = new Map<string, Set<string>>();

  constructor(settings: { client: ApiClient; namespace: string }) {
    this.#settings = settings;
  }

  /** Follows them until the signal. */
  async run(signal: AbortSignal): Promise<void> {
    const of = { ...this.#settings, log: SILENT };
    const tasks = new Cache<StoredTask>({
      ...of,
      type: TASKS,
      onChange: ({ metadata: { uid = '' }, status }, change) => {
        if (change === 'deleted') this.#gone.add(uid);
        if (status === undefined) return;
        const seen = this.seen(uid);
        if (!isDeepStrictEqual(seen.at(-1)?.status, status)) seen.push({ at: Date.now(), status });
        this.#statuses.set(uid, seen);
      },
    });
    const pods = new Cache({
      ...of,
      type: PODS,
      onChange: ({ metadata: { name, uid = '' } }) => {
        this.#pods.set(name, (this.#pods.get(name) ?? new Set()).add(uid));
      },
    });
    await Promise.all([tasks.run(signal), pods.run(signal)]);
  }

  /** The statuses of a Task so far. */
  seen(uid: string): Facts['seen'][number][] {
    return this.#statuses.get(uid) ?? [];
  }

  /** Whether nothing more is to come of a Task. */
  isOver(uid: string): boolean {
    return this.#gone.has(uid) || this.seen(uid).some(({ status }) => isFinal({ status }));
  }

  podsOf(name: string): number {
    return this.#pods.get(name)?.size ?? 0;
  }

  /** What was told of each Task in events, by its uid. */
  async events(): Promise<Map<string, Facts['events'][number][]>> {
    const { client, namespace } = this.#settings;
    const told = new Map<string, Facts['events'][number][]>();
    let next: string | undefined;
    do {
      const page = await client.list<EventObject>(EVENTS, { namespace, limit: 500, continue: next });
      for (const { reason = '', note = '', regarding } of page.items) {
        const uid = regarding?.uid ?? '';
        told.set(uid, [...(told.get(uid) ?? []), { reason, note }]);
      }
      next = page.metadata.continue || undefined;
    } while (next !== undefined);
    return told;
  }
}
