/** What a manifest says is what happens, or it is refused by name: fields, working directories, generated names. */
import { describe, expect, it } from 'vitest';
import { PODS, TASKS, type KubeObject } from '../../controller/runtime/objects.ts';
import { type StoredTask } from '../../controller/stored-task.ts';
import { formatYaml, parseTasks } from '../../shared/manifest/index.ts';
import { asNew } from '../../shared/task/name.ts';
import { podOf } from '../../shared/pod/pod.ts';
import { type Task } from '../../shared/task/task.ts';
import { AGENT_IMAGE } from './cluster-images.ts';
import { useCluster } from './cluster.ts';
import { sh } from './steps.ts';

const cluster = useCluster();

const volumes = [{ name: 'work', emptyDir: {} }];
const volumeMounts = [{ name: 'work', mountPath: '/data' }];

describe.concurrent('in a cluster', () => {
  it('a podTemplate with a spec is refused, with what to write', async () => {
    const podTemplate = { spec: { serviceAccountName: 'builder' } } as Task['spec']['podTemplate'];
    await expect(cluster.apply({ steps: [sh('a', 'true')], podTemplate })).rejects.toThrow(
      /a podTemplate has no spec/,
    );
  });

  it.each([
    ['envs', { envs: [{ name: 'A', value: 'a' }] }, 'spec.steps[0].envs: unknown field; did you mean "env"?'],
    ['workingdir', { workingdir: '/tmp' }, 'did you mean "workingDir"?'],
  ])('a step with %s ends the Task, and it says which field was probably meant', async (_, more, message) => {
    const status = await cluster.ended(await cluster.apply({ steps: [{ ...sh('a', 'true'), ...more }] }));
    expect(status).toMatchObject({ status: 'Failure', reason: 'InvalidPod' });
    expect(status.message).toContain(message);
  });

  it('a workingDir in a volume is one that an earlier step makes', async () => {
    const status = await cluster.ended(
      await cluster.apply({
        steps: [
          sh('clone', 'test ! -e /data/src && mkdir -p /data/src/app && echo built >/data/src/app/x', {
            volumeMounts,
          }),
          sh('build', 'test "$(pwd)" = /data/src/app && grep built x', {
            volumeMounts,
            workingDir: '/data/src/app',
          }),
        ],
        volumes,
      }),
    );
    expect(status).toMatchObject({ status: 'Successful' });
  });

  it('a name is made of generateName, and what is rendered of such a Task is taken', async () => {
    const { namespace, client } = cluster;
    const written = {
      apiVersion: 'api.practice.com/v1alpha1' as const,
      kind: 'Task' as const,
      metadata: { generateName: 'release-', namespace },
      spec: { steps: [sh('a', 'true')] },
    };
    const task = await client.create<StoredTask>(TASKS, written as unknown as StoredTask);
    expect(task.metadata.name).toMatch(/^release-[a-z0-9]{5}$/);
    expect(await cluster.ended(task)).toMatchObject({ status: 'Successful' });

    // What the cluster has of it is read, and is a new one then.
    const stored = await cluster.get(task);
    const list = { apiVersion: 'v1', kind: 'List', items: [stored] };
    const [read] = parseTasks(formatYaml(list), 'list.yaml');
    if (read === undefined) throw new Error('no Task');
    expect(read.spec).toEqual(stored.spec);
    for (const each of [written, asNew(read)]) {
      const pod = await client.create(
        PODS,
        podOf(each as Task, { agentImage: AGENT_IMAGE }) as unknown as KubeObject,
      );
      expect(pod.metadata.name).toMatch(/^task-pod-release-/);
    }
  });
});
