/** A namespace with Tasks of every kind in it, and whether all came of them that had to. */
import { expect } from 'vitest';
import { type ApiClient } from '../../../controller/runtime/client.ts';
import { CONFIG_MAPS, EVENTS, PODS, TASKS, type KubeObject } from '../../../controller/runtime/objects.ts';
import { type StoredTask } from '../../../controller/stored-task.ts';
import { type ApiServer } from '../../support/api-server/index.ts';
import { resourceKey } from '../../support/api-server/resource.ts';
import { type Start } from '../../support/kubelet/index.ts';
import { waitUntil } from '../../support/wait-until.ts';
import { type Hold, type Kind } from './kinds.ts';

/** ms. Many Tasks, few cores. */
const DEADLINE = 500_000;

interface Begun {
  kind: Kind;
  task: StoredTask;
  driven: Promise<void>;
}

export class Shard {
  readonly namespace: string;
  readonly #client: ApiClient;
  readonly #begun: Begun[] = [];
  /** How many pods were made for each Task, by its uid; those that are gone too. */
  readonly #pods = new Map<string, number>();

  constructor(namespace: string, { client, server }: { client: ApiClient; server: ApiServer }) {
    this.namespace = namespace;
    this.#client = client;
    server.store.listeners.add((resource, { type, now }) => {
      if (resource !== resourceKey(PODS) || type !== 'ADDED') return;
      const uid = now.object.metadata.ownerReferences?.[0]?.uid ?? '';
      this.#pods.set(uid, (this.#pods.get(uid) ?? 0) + 1);
    });
  }

  async begin(kind: Kind): Promise<StoredTask> {
    const { namespace } = this;
    const metadata = { name: `t-${crypto.randomUUID().slice(0, 8)}`, namespace };
    const base = { apiVersion: 'api.practice.com/v1alpha1', kind: 'Task' } as const;
    const task = await this.#client.create<StoredTask>(TASKS, { ...base, metadata, spec: kind.spec });
    const driven = kind.drive?.(this.#holdOf(task, kind)) ?? Promise.resolve();
    // It is awaited in the end.
    driven.catch(() => undefined);
    this.#begun.push({ kind, task, driven });
    return task;
  }

  /** Waits until all Tasks are over, and checks every one. */
  async check(startsOf: () => Promise<readonly Start[]>): Promise<void> {
    for (const { driven } of this.#begun) await driven;
    const ended = await Promise.all(
      this.#begun.map(async ({ kind, task }) => ({
        kind,
        task,
        status: await this.#holdOf(task, kind).until('over', (status) => status.completionTime !== undefined),
      })),
    );
    const starts = await startsOf();
    const seen = ended.map(({ kind, task, status }) => {
      const { steps = [], message } = status;
      const own = starts.filter(
        (start) => start.namespace === this.namespace && start.pod === status.podName,
      );
      return {
        what: kind.what,
        pods: this.#pods.get(task.metadata.uid ?? '') ?? 0,
        ends: {
          status: status.status,
          ...(kind.ends.message !== undefined && { message }),
          steps: steps.map(({ name, state }) => `${name} ${state}`),
          starts: own.map(({ step }) => step),
        },
      };
    });
    expect(seen).toEqual(
      ended.map(({ kind: { what, ends } }) => ({ what, pods: ends.starts.length === 0 ? 0 : 1, ends })),
    );
    await this.#checkObjects();
  }

  /** Everything has its owner, nothing is told twice, and with the Tasks goes all that was made for them. */
  async #checkObjects(): Promise<void> {
    const { namespace } = this;
    const owners = new Set(this.#begun.map(({ task }) => task.metadata.uid));
    for (const type of [PODS, CONFIG_MAPS])
      for (const { metadata } of (await this.#client.list(type, { namespace })).items)
        expect(owners, `whose is ${metadata.name}`).toContain(metadata.ownerReferences?.[0]?.uid);
    const { items } = await this.#client.list<
      KubeObject & { reason?: string; regarding?: { uid?: string }; note?: string }
    >(EVENTS, { namespace });
    const told = items.map(({ reason, regarding, note }) => JSON.stringify([regarding?.uid, reason, note]));
    expect(new Set(told).size).toBe(told.length);
    for (const { task } of this.#begun)
      await this.#client.delete(TASKS, { namespace, name: task.metadata.name });
    for (const type of [PODS, CONFIG_MAPS])
      await waitUntil(
        `the ${type.plural} of the Tasks are gone`,
        async () => (await this.#client.list(type, { namespace })).items.length === 0,
        DEADLINE,
      );
  }

  #holdOf({ metadata: { name } }: StoredTask, { what }: Kind): Hold {
    const at = { namespace: this.namespace, name };
    return {
      change: async (spec) => void (await this.#client.patch(TASKS, at, { type: 'merge', body: { spec } })),
      until: async (word, condition) => {
        let last: StoredTask['status'];
        try {
          return await waitUntil(
            `${name}, ${what}, is ${word}`,
            async () => {
              last = (await this.#client.get<StoredTask>(TASKS, at)).status;
              return last !== undefined && condition(last) ? last : undefined;
            },
            DEADLINE,
          );
        } catch (cause) {
          throw new Error(`${name}, ${what}, is not ${word}, but ${JSON.stringify(last)}`, { cause });
        }
      },
    };
  }
}
