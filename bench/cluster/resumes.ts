/** How soon a held step begins on a real cluster: by a Resume, and by the annotation that a person patches. */
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ObservedPod } from '../../controller/pod.ts';
import type { ApiClient } from '../../controller/runtime/client.ts';
import { PODS, RESUMES, TASKS, type KubeObject } from '../../controller/runtime/objects.ts';
import type { StoredTask } from '../../controller/stored-task.ts';
import { podNameOf, RESUME_ANNOTATION } from '../../shared/pod/pod.ts';
import { encodeResumes } from '../../shared/turn/resume.ts';
import { IMAGE, PULL } from '../../test/e2e/cluster-images.ts';
import { waitUntil } from '../../test/support/wait-until.ts';
import { say } from '../harness/programs.ts';
import type { Row } from '../harness/row.ts';

/** How long a step is held before it goes on, ms. */
const THINKS = 3_000;

/** Lets the held step of a Task go on. */
type Release = (task: StoredTask) => Promise<unknown>;

/** @returns a row whose budget is what the kubelet needs to bring an annotation to a pod */
export async function resumes(client: ApiClient, namespace: string, rounds: number): Promise<Row[]> {
  const byResume: Release = async ({ metadata: { name } }) =>
    client.create<KubeObject & { spec: object }>(RESUMES, {
      apiVersion: 'api.practice.com/v1alpha1',
      kind: 'Resume',
      metadata: { name: `r-${randomUUID().slice(0, 8)}`, namespace },
      spec: { task: name, step: 'a' },
    });
  const byHand: Release = async ({ metadata: { name, uid = '' } }) => {
    const value = encodeResumes({ steps: new Map([[1, [{ action: 'Continue', by: 'bench' }]]]) });
    const body = { metadata: { annotations: { [RESUME_ANNOTATION]: value } } };
    return client.patch<ObservedPod>(
      PODS,
      { namespace, name: podNameOf({ name, uid }) },
      { type: 'merge', body },
    );
  };
  say(`a held step goes on, ${rounds} times`);
  const samples: number[] = [];
  const plain: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    plain.push(await begun(client, namespace, byHand));
    samples.push(await begun(client, namespace, byResume));
  }
  return [
    {
      what: 'a Resume to the start of the command',
      unit: 'ms',
      samples,
      than: { what: 'the annotation patched by hand', samples: plain },
      budgets: [{ of: 'median', atMost: 300 }],
    },
  ];
}

/** From the request until the command starts, ms. The agent says when; its node has the clock of this machine. */
async function begun(client: ApiClient, namespace: string, release: Release): Promise<number> {
  const name = `t-${randomUUID().slice(0, 8)}`;
  const at = { namespace, name };
  const task = await client.create<StoredTask>(TASKS, {
    apiVersion: 'api.practice.com/v1alpha1',
    kind: 'Task',
    metadata: at,
    spec: {
      steps: [{ name: 'a', image: IMAGE, imagePullPolicy: PULL, command: ['true'], pause: ['Before'] }],
    },
  });
  const until = async <T>(what: string, look: (status: StoredTask['status']) => T | undefined): Promise<T> =>
    waitUntil(what, async () => look((await client.get<StoredTask>(TASKS, at)).status), 120_000);
  await until('it is held', (status) => (status?.status === 'Paused' ? true : undefined));
  // A person takes longer than this, and a kubelet that has just reported a pod is slow to look at it again.
  await sleep(THINKS);
  const asked = Date.now();
  await release(task);
  const startedAt = await until('it is over', (status) =>
    status?.completionTime === undefined ? undefined : (status.steps?.[0]?.startedAt ?? ''),
  );
  await client.delete(TASKS, at);
  return Date.parse(startedAt) - asked;
}
