/** A real cluster, and a controller of this checkout that runs beside it. */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll } from 'vitest';
import { findAccess } from '../../controller/runtime/access.ts';
import { connect, type ApiClient } from '../../controller/runtime/client.ts';
import { ApiError } from '../../controller/runtime/errors.ts';
import { PODS, TASKS, type KubeObject, type ResourceType } from '../../controller/runtime/objects.ts';
import { type ObservedPod } from '../../controller/pod.ts';
import { type StoredTask } from '../../controller/stored-task.ts';
import { podNameOf } from '../../shared/pod/pod.ts';
import { type Task } from '../../shared/task/task.ts';
import { waitUntil } from '../support/wait-until.ts';
import { startController } from './cluster-images.ts';

const NAMESPACES: ResourceType = { group: '', version: 'v1', plural: 'namespaces', kind: 'Namespace' };

export interface Cluster {
  client: ApiClient;
  namespace: string;
  /** Creates a Task; its name is made up, unless one is given. */
  apply(spec: Task['spec'], name?: string): Promise<StoredTask>;
  /** Changes the spec of a live Task. */
  change(task: StoredTask, spec: object): Promise<void>;
  get(task: StoredTask): Promise<StoredTask>;
  podOf(task: StoredTask): Promise<ObservedPod | undefined>;
  /** Waits until its status is so. */
  until(
    task: StoredTask,
    what: string,
    condition: (status: NonNullable<StoredTask['status']>) => boolean,
  ): Promise<StoredTask>;
  /** Waits for its end. */
  ended(task: StoredTask): Promise<NonNullable<StoredTask['status']>>;
}

/** For the tests of one file: a namespace, and a controller for it. `KUBECONFIG` says which cluster. */
export function useCluster(flags: readonly string[] = []): Cluster {
  const namespace = `taskflow-e2e-${randomUUID().slice(0, 8)}`;
  const open = async (): Promise<ApiClient> => connect(await findAccess(), { version: 'e2e' });
  const cluster = { namespace } as Cluster;
  let controller: ReturnType<typeof startController> | undefined;

  beforeAll(async () => {
    const client = await open();
    Object.assign(cluster, bind(client, namespace));
    await client.create(NAMESPACES, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } });
    controller = startController(namespace, flags);
  });
  afterAll(async () => {
    controller?.kill('SIGTERM');
    await controller;
    await cluster.client.delete(NAMESPACES, { name: namespace });
  });
  return cluster;
}

function bind(client: ApiClient, namespace: string): Cluster {
  const at = (task: StoredTask): { namespace: string; name: string } => ({
    namespace,
    name: task.metadata.name,
  });
  const get = async (task: StoredTask): Promise<StoredTask> => client.get<StoredTask>(TASKS, at(task));
  const until: Cluster['until'] = async (task, what, condition) => {
    let last: StoredTask = task;
    try {
      return await waitUntil(
        `Task ${task.metadata.name}: ${what}`,
        async () => {
          last = await get(task);
          return last.status !== undefined && condition(last.status) ? last : undefined;
        },
        120_000,
      );
    } catch (cause) {
      throw new Error(`Task ${task.metadata.name} is ${JSON.stringify(last.status)}`, { cause });
    }
  };
  return {
    client,
    namespace,
    get,
    until,
    apply: async (spec, name = `t-${randomUUID().slice(0, 8)}`) =>
      client.create<StoredTask>(TASKS, {
        apiVersion: 'api.practice.com/v1alpha1',
        kind: 'Task',
        spec,
        metadata: { name, namespace },
      }),
    change: async (task, spec) => {
      await client.patch(TASKS, at(task), { type: 'merge', body: { spec } });
    },
    podOf: async (task) => {
      const { name, uid = '' } = task.metadata;
      return found(client.get<ObservedPod>(PODS, { namespace, name: podNameOf({ name, uid }) }));
    },
    ended: async (task) => {
      const { status } = await until(task, 'has ended', ({ completionTime }) => completionTime !== undefined);
      if (status === undefined) throw new Error('no status');
      return status;
    },
  };
}

export async function found<T extends KubeObject>(get: Promise<T>): Promise<T | undefined> {
  return get.catch((error: unknown) => {
    if (error instanceof ApiError && error.status === 404) return undefined;
    throw error;
  });
}
