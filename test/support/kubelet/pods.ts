/** Pods of Tasks, for tests of the kubelets themselves. */
import { podOf } from '../../../shared/pod/pod.ts';
import { scriptsConfigMap } from '../../../shared/pod/scripts.ts';
import { type Step, type Task } from '../../../shared/task/task.ts';
import { type ApiObject, type Fields, fieldsOf, listOf, textOf } from '../api-server/object.ts';
import { MERGE, type Talk } from '../api-server/talk.ts';
import { waitUntil } from '../wait-until.ts';

export const NAMESPACE = 'test';
export const PODS = `/api/v1/namespaces/${NAMESPACE}/pods`;

/** Creates the pod of a Task with these steps, and the ConfigMap of its scripts. */
export async function createPod(talk: Talk, name: string, steps: Step[]): Promise<ApiObject> {
  const task: Task = {
    apiVersion: 'api.practice.com/v1alpha1',
    kind: 'Task',
    metadata: { name, namespace: NAMESPACE },
    spec: { steps },
  };
  const scripts = scriptsConfigMap(task);
  if (scripts !== undefined)
    await talk.object('POST', `/api/v1/namespaces/${NAMESPACE}/configmaps`, { body: scripts });
  return talk.object('POST', PODS, { body: podOf(task, { agentImage: 'taskflow/agent:test' }) });
}

export function step(name: string, script = 'true', more: Partial<Step> = {}): Step {
  return { name, image: 'busybox:1.36', command: ['sh', '-c', script], ...more };
}

export async function annotate(
  talk: Talk,
  pod: ApiObject,
  annotations: Record<string, string | null>,
): Promise<void> {
  await talk.object('PATCH', `${PODS}/${pod.metadata.name}`, {
    body: { metadata: { annotations } },
    type: MERGE,
  });
}

export async function podNow(talk: Talk, pod: ApiObject): Promise<ApiObject> {
  return talk.object('GET', `${PODS}/${pod.metadata.name}`);
}

/** The pod when its phase says that it is over. */
export async function podOver(talk: Talk, pod: ApiObject): Promise<ApiObject> {
  return waitUntil(
    `pod ${pod.metadata.name} is over`,
    async () => {
      const now = await podNow(talk, pod);
      return ['Succeeded', 'Failed'].includes(textOf(now.status?.['phase'])) ? now : undefined;
    },
    60_000,
  );
}

/** How each container ended, by name, in the order of the status. */
export function ends({ status }: ApiObject): Record<string, unknown> {
  return Object.fromEntries(
    listOf(status?.['containerStatuses']).map(({ name, state }) => {
      const { terminated, waiting } = fieldsOf(state);
      const end = fieldsOf(terminated);
      return [textOf(name), end['exitCode'] ?? fieldsOf(waiting)['reason']];
    }),
  );
}

/** The outcome record of a container, as far as it is compared. */
export function outcomeOf({ status }: ApiObject, container: string): Fields {
  const found = listOf(status?.['containerStatuses']).find(({ name }) => name === container);
  const { message } = fieldsOf(fieldsOf(found?.['state'])['terminated']);
  return typeof message === 'string' ? fieldsOf(JSON.parse(message)) : {};
}
