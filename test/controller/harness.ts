/** A controller, whole, in this process, against the API server in memory. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { parse } from 'yaml';
import { type ControllerArguments } from '../../controller/options.ts';
import { runController } from '../../controller/controller.ts';
import { findAccess } from '../../controller/runtime/access.ts';
import { connect, type ApiClient } from '../../controller/runtime/client.ts';
import { ApiError } from '../../controller/runtime/errors.ts';
import { EVENTS, PODS, TASKS, type KubeObject } from '../../controller/runtime/objects.ts';
import { type ContainerStatus, type ObservedPod } from '../../controller/pod.ts';
import { type StoredTask } from '../../controller/stored-task.ts';
import { podNameOf } from '../../shared/pod/pod.ts';
import { type Task } from '../../shared/task/task.ts';
import { apiServer } from '../support/api-server/vitest.ts';
import { type ApiServer, type ApiServerSettings } from '../support/api-server/index.ts';
import { scratch } from '../support/scratch.ts';
import { waitUntil } from '../support/wait-until.ts';

const definitionOf = (plural: string): string =>
  join(import.meta.dirname, `../../deploy/crd/${plural}.api.practice.com.yaml`);
export const CRD = definitionOf('tasks');
export const DEFINITIONS = {
  group: 'apiextensions.k8s.io',
  version: 'v1',
  plural: 'customresourcedefinitions',
  kind: 'CustomResourceDefinition',
};
export const NAMESPACE = 'ci';
/** ms, on a machine that has other things to do. */
const DEADLINE = 60_000;

const DEFAULTS: ControllerArguments = {
  workers: 4,
  leaderElect: false,
  metricsAddr: '127.0.0.1:0',
  agentImage: 'taskflow/agent:1',
  leaderElectLeaseDuration: '3s',
  leaderElectRenewDeadline: '2s',
  leaderElectRetryPeriod: '200ms',
  agentInjection: 'init-container',
  imagePullPatience: '2m',
  logLevel: 'error',
  dryRun: false,
  insecureRegistry: [],
  registryCa: [],
  registryMirror: [],
  lookupDeny: [],
  lookupAllow: [],
};

export interface World {
  server: ApiServer;
  client: ApiClient;
  kubeconfig: string;
  apply(spec: Task['spec'], name?: string): Promise<StoredTask>;
  change(task: StoredTask, spec: object): Promise<void>;
  task(task: StoredTask): Promise<StoredTask>;
  pod(task: StoredTask): Promise<ObservedPod | undefined>;
  /** Waits until there is a pod, and plays its kubelet once. */
  play(task: StoredTask, containers: readonly ContainerStatus[], status?: object): Promise<void>;
  until(task: StoredTask, word: string): Promise<NonNullable<StoredTask['status']>>;
  reasons(task: StoredTask): Promise<string[]>;
}

/** An API server that knows Tasks. */
export async function worldWith(settings: ApiServerSettings = {}): Promise<World> {
  const server = await apiServer({ namespaces: [NAMESPACE], ...settings });
  const kubeconfig = join(await scratch(), 'kubeconfig');
  await server.kubeconfig(kubeconfig);
  const client = connect(await findAccess({ kubeconfig }), { version: 'test' });
  onTestFinished(() => client.close());
  for (const file of [CRD, definitionOf('resumes')])
    await client.create(DEFINITIONS, parse(await readFile(file, 'utf8')) as KubeObject);

  const at = ({ metadata: { name } }: StoredTask): { namespace: string; name: string } => ({
    namespace: NAMESPACE,
    name,
  });
  const world: World = {
    server,
    client,
    kubeconfig,
    apply: async (spec, name = `t-${crypto.randomUUID().slice(0, 8)}`) =>
      client.create<StoredTask>(TASKS, {
        apiVersion: 'api.practice.com/v1alpha1',
        kind: 'Task',
        spec,
        metadata: { name, namespace: NAMESPACE },
      }),
    change: async (task, spec) =>
      void (await client.patch(TASKS, at(task), { type: 'merge', body: { spec } })),
    task: async (task) => client.get<StoredTask>(TASKS, at(task)),
    pod: async (task) => {
      const { name, uid = '' } = task.metadata;
      return client
        .get<ObservedPod>(PODS, { namespace: NAMESPACE, name: podNameOf({ name, uid }) })
        .catch((error: unknown) => {
          if (error instanceof ApiError && error.status === 404) return undefined;
          throw error;
        });
    },
    play: async (task, containers, status = { phase: 'Running' }) => {
      const pod = await waitUntil('there is a pod', () => world.pod(task));
      const sorted = containers.toSorted((one, other) => (one.name < other.name ? -1 : 1));
      await client.patch(
        PODS,
        { namespace: NAMESPACE, name: pod.metadata.name, subresource: 'status' },
        { type: 'merge', body: { status: { ...status, containerStatuses: sorted } } },
      );
    },
    until: async (task, word) =>
      waitUntil(
        `Task ${task.metadata.name} is ${word}`,
        async () => {
          const { status } = await world.task(task);
          return [status?.status, status?.reason].includes(word) ? status : undefined;
        },
        DEADLINE,
      ),
    reasons: async (task) => {
      const { items } = await client.list<KubeObject & { reason?: string; regarding?: { uid?: string } }>(
        EVENTS,
        { namespace: NAMESPACE },
      );
      return items.flatMap(({ reason, regarding }) =>
        regarding?.uid === task.metadata.uid ? (reason ?? '') : [],
      );
    },
  };
  return world;
}

/** Starts a controller; the test's end stops it. The function stops it before. */
export function control(
  world: Pick<World, 'kubeconfig'>,
  args: Partial<ControllerArguments> = {},
): () => Promise<'stopped' | 'lost'> {
  const stop = new AbortController();
  const ended = runController({ ...DEFAULTS, kubeconfig: world.kubeconfig, ...args }, stop.signal);
  ended.catch(() => undefined);
  const end = async (): Promise<'stopped' | 'lost'> => {
    stop.abort(new Error('the test is over'));
    return ended;
  };
  onTestFinished(async () => void (await end()));
  return end;
}
