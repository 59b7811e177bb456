/** What exists already is not the controller's for its name, or for what it says of its owner. */
import { describe, expect, it } from 'vitest';
import { Actor } from '../../controller/act.ts';
import { StaleError } from '../../controller/answers.ts';
import { isMadeAs, isScriptsOf } from '../../controller/adopt.ts';
import type { ApiClient } from '../../controller/runtime/client.ts';
import { createLog } from '../../controller/runtime/log.ts';
import { CONFIG_MAPS, EVENTS, PODS, type KubeObject } from '../../controller/runtime/objects.ts';
import { TASK_LABEL } from '../../shared/task/api.ts';
import { podOf, type Pod } from '../../shared/pod/pod.ts';
import { scriptsConfigMap } from '../../shared/pod/scripts.ts';
import { type StoredTask } from '../../controller/stored-task.ts';
import { waitUntil } from '../support/wait-until.ts';
import { scheduled } from '../support/kubelet/reporter.ts';
import { over } from './builders.ts';
import { control, NAMESPACE, worldWith, type World } from './harness.ts';

const SETTINGS = { agentImage: 'taskflow/agent:1' };
const ONE = { steps: [{ name: 'a', image: 'busybox', command: ['true'] }] };
const SCRIPT = { steps: [{ name: 'a', image: 'busybox', script: 'echo mine' }] };

type Loose = KubeObject & Record<string, unknown>;
const looseOf = (object: object): Loose => structuredClone(object) as Loose;
const put = async (world: World, type: typeof PODS, object: object): Promise<Loose> =>
  world.client.create<Loose>(type, looseOf(object));

describe('the scripts of a Task', () => {
  it.each<[string, (scripts: Loose) => object]>([
    ['has other content', (scripts) => ({ ...scripts, data: { a: 'echo yours' } })],
    ['has more content', (scripts) => ({ ...scripts, data: { a: 'echo mine', b: 'x' } })],
    ['can be changed', (scripts) => ({ ...scripts, immutable: undefined })],
    ['has binary data beside', (scripts) => ({ ...scripts, binaryData: { b: 'eA==' } })],
    ['has no owner', (scripts) => ({ ...scripts, metadata: { ...scripts.metadata, ownerReferences: [] } })],
  ])('are not a ConfigMap of that name that %s', async (_, forged) => {
    const world = await worldWith();
    const task = await world.apply({ ...SCRIPT, suspend: true });
    await put(world, CONFIG_MAPS, forged(looseOf(scriptsConfigMap(task) ?? {})));
    control(world);
    await world.until(task, 'Suspended');
    await world.change(task, { suspend: false });
    const status = await world.until(task, 'ConfigMapNameTaken');
    expect(status.message).toContain('delete the ConfigMap, or this Task');
    expect(await world.pod(task)).toBeUndefined();
  });

  it('are those that a controller put there before', async () => {
    const world = await worldWith();
    const task = await world.apply(SCRIPT);
    const scripts = scriptsConfigMap(task) ?? {};
    await put(world, CONFIG_MAPS, scripts);
    control(world);
    await waitUntil('there is a pod', () => world.pod(task));
  });
});

/** The pod of a Task as somebody else would write it, with one thing changed. */
const FORGED: [string, (spec: Pod['spec'], step: Pod['spec']['containers'][number]) => object][] = [
  ['runs another command', (_, step) => ({ command: ['sh', ...(step.args ?? [])] })],
  ['gives the agent other arguments', () => ({ args: ['--', 'evil'] })],
  ['has another image', () => ({ image: 'evil' })],
  ['has a variable more', () => ({ env: [{ name: 'PATH', value: '/evil' }] })],
  ['has a hook more', () => ({ lifecycle: { postStart: { exec: { command: ['evil'] } } } })],
  ['has a right more', () => ({ securityContext: { privileged: true } })],
  [
    'has a mount more',
    (_, step) => ({
      volumeMounts: [...(step.volumeMounts ?? []), { name: 'taskflow-bin', mountPath: '/x' }],
    }),
  ],
];

const FROM = { secretKeyRef: { name: 'x', key: 'y' } };
const TOKEN = { name: 'kube-api-access-x1y2z', projected: { sources: [{ serviceAccountToken: {} }] } };
/** With something below each of its fields. */
const DEEP = {
  podTemplate: { tolerations: [{ key: 'k', operator: 'Exists' }] },
  steps: ['a', 'b'].map((name) => ({
    name,
    image: 'busybox',
    script: `echo ${name}`,
    env: [{ name: 'E' }],
    securityContext: { runAsUser: 1000 },
  })),
};

type Step = Pod['spec']['containers'][number];

/** With the first step changed. */
function inStep(change: (step: Step) => object): (spec: Pod['spec']) => object {
  return ({ containers: [step, ...others] }) => ({
    containers: step === undefined ? [] : [{ ...step, ...change(step) }, ...others],
  });
}

describe('the pod of a Task', () => {
  it.each(FORGED)('is not one of its name and owner that %s', async (_, change) => {
    const world = await worldWith();
    const task = await world.apply({ ...ONE, suspend: true });
    const pod = podOf(task, SETTINGS);
    const [step] = pod.spec.containers;
    if (step === undefined) throw new Error('a pod has a container');
    await put(world, PODS, {
      ...pod,
      spec: { ...pod.spec, containers: [{ ...step, ...change(pod.spec, step) }] },
    });
    await world.play(task, [over('a')]);
    control(world);
    await world.until(task, 'Suspended');
    await world.change(task, { suspend: false });
    const status = await world.until(task, 'PodNameTaken');
    expect(status).toMatchObject({ status: 'Pending', steps: [{ name: 'a', state: 'Waiting' }] });
  });

  it.each<[string, (pod: Pod['spec']) => object]>([
    ['another service account', () => ({ serviceAccountName: 'admin' })],
    ['the network of the node', () => ({ hostNetwork: true })],
    ['one container more', ({ containers }) => ({ containers: [...containers, { name: 'x', image: 'y' }] })],
    ['one init container less', () => ({ initContainers: [] })],
    [
      'a volume from elsewhere',
      ({ volumes }) => ({ volumes: volumes.map(({ name }) => ({ name, hostPath: { path: '/' } })) }),
    ],
    ['one volume more', ({ volumes }) => ({ volumes: [...volumes, { name: 'x', hostPath: { path: '/' } }] })],
    ['a token where it has none', ({ volumes }) => ({ volumes: [...volumes, TOKEN] })],
    [
      'scripts under each other’s names',
      ({ volumes }) => ({
        volumes: volumes.map(({ configMap, ...volume }) =>
          configMap === undefined
            ? volume
            : { ...volume, configMap: { ...configMap, items: [{ key: 'b', path: 'a' }] } },
        ),
      }),
    ],
    [
      'a part of a volume in place of the whole',
      inStep(({ volumeMounts = [] }) => ({
        volumeMounts: volumeMounts.map((mount) => ({ ...mount, subPath: 'x' })),
      })),
    ],
    ['a value from elsewhere', inStep(() => ({ env: [{ name: 'E', valueFrom: FROM }] }))],
    [
      'a right more beside another',
      inStep(() => ({ securityContext: { runAsUser: 1000, privileged: true } })),
    ],
    ['a right where there was nothing', (pod) => ({ ...pod, securityContext: { runAsUser: 0 } })],
    ['a probe with a command', inStep(() => ({ livenessProbe: { exec: { command: ['evil'] } } }))],
    ['no tolerations', () => ({ tolerations: [] })],
  ])('is not one with %s', (_, change) => {
    const task = taskOf(DEEP);
    const pod = podOf(task, SETTINGS);
    expect(isMadeAs(pod, looseOf({ ...pod, spec: { ...pod.spec, ...change(pod.spec) } }))).toBe(false);
  });

  it('is the one that was made, with what the API server adds, stopped or not', () => {
    const pod = podOf(taskOf({ ...ONE, podTemplate: { automountServiceAccountToken: true } }), SETTINGS);
    const found = looseOf(pod);
    found['spec'] = {
      ...pod.spec,
      dnsPolicy: 'ClusterFirst',
      // As a controller has stopped it.
      activeDeadlineSeconds: 1,
      securityContext: {},
      serviceAccountName: 'default',
      nodeName: 'n',
      tolerations: [{ key: 'node.kubernetes.io/not-ready' }],
      volumes: [...pod.spec.volumes, TOKEN],
      containers: pod.spec.containers.map((each) => ({
        ...each,
        terminationMessagePolicy: 'File',
        resources: {},
        volumeMounts: [
          ...(each.volumeMounts ?? []),
          {
            name: 'kube-api-access-x1y2z',
            mountPath: '/var/run/secrets/kubernetes.io/serviceaccount',
            readOnly: true,
          },
        ],
      })),
    };
    expect(isMadeAs(pod, found)).toBe(true);
  });

  it.each<[string, (spec: Loose) => void]>([
    ['a sidecar', (spec) => listOf(spec, 'containers').push({ name: 'proxy', image: 'proxy' })],
    ['an init container', (spec) => listOf(spec, 'initContainers').unshift({ name: 'i', image: 'i' })],
    ['a volume', (spec) => listOf(spec, 'volumes').push({ name: 'certs', emptyDir: {} })],
    [
      'a variable and a mount in each step',
      (spec) => {
        for (const step of listOf(spec, 'containers'))
          Object.assign(step, {
            env: [{ name: 'P', value: 'x' }],
            volumeMounts: [{ name: 'certs', mountPath: '/c' }],
          });
      },
    ],
  ])('is the one to which a webhook has added %s, and not one to which somebody else has', async (_, add) => {
    const task = taskOf();
    const pod = podOf(task, SETTINGS);
    const changed = looseOf(pod);
    add(changed['spec'] as Loose);
    const adopts = async (admitted: object): Promise<boolean> => {
      const client = { get: async () => changed, create: async () => admitted } as unknown as ApiClient;
      const actor = new Actor({ client, instance: 'test', log: createLog('error'), clock: Date.now });
      return (
        (await actor.adopt(task, { pod, scripts: undefined }, new AbortController().signal)) !== undefined
      );
    };
    expect([await adopts(structuredClone(changed)), await adopts(looseOf(pod))]).toEqual([true, false]);
  });

  it('is found again by a controller that never heard that it was made', async () => {
    const world = await worldWith();
    const task = await world.apply(ONE);
    await put(world, PODS, podOf(task, SETTINGS));
    await world.play(task, [over('a')]);
    control(world);
    expect(await world.until(task, 'Successful')).toMatchObject({
      podUID: (await world.pod(task))?.metadata.uid,
    });
  });

  it.each([
    ['labels', { labels: null }],
    ['owner', { ownerReferences: null }],
    ['labels and owner', { labels: null, ownerReferences: null }],
  ])('is put right when its %s were taken away before a status named it', async (_, metadata) => {
    const world = await worldWith();
    const task = await world.apply(ONE);
    const { name } = (await put(world, PODS, podOf(task, SETTINGS))).metadata;
    await world.client.patch(PODS, { namespace: NAMESPACE, name }, { type: 'merge', body: { metadata } });
    control(world);
    await waitUntil('it is as it was', async () => {
      const { labels, ownerReferences } = (await world.pod(task))?.metadata ?? {};
      return labels?.[TASK_LABEL] === task.metadata.name && ownerReferences?.[0]?.uid === task.metadata.uid;
    });
    await world.play(task, [over('a')]);
    await world.until(task, 'Successful');
  });

  it('is not deleted when a node has taken it since it was looked at', async () => {
    const world = await worldWith();
    const task = await world.apply(ONE);
    const pod = await put(world, PODS, podOf(task, SETTINGS));
    const log = createLog('error');
    const actor = new Actor({ client: world.client, instance: 'x', log, clock: Date.now });
    const { signal } = new AbortController();
    await world.play(task, [], { phase: 'Pending', startTime: new Date().toISOString() });
    await expect(actor.deletePod(pod, signal)).rejects.toThrow(StaleError);
    const now = await world.pod(task);
    expect(now?.metadata.deletionTimestamp).toBeUndefined();
    if (now !== undefined) await actor.deletePod(now, signal);
    expect(await world.pod(task)).toBeUndefined();
  });

  it.each([
    ['its controller has told of its making', true],
    ['its node has told of it', false],
  ])('is gone when somebody deleted it before a status named it, and %s', async (_, isTold) => {
    const world = await worldWith();
    const task = await world.apply(ONE);
    // No status is written, and perhaps no event, as by a controller that is killed.
    let dying = true;
    world.server.faults.failNext(1_000, 403, {
      which: ({ verb, resource: { plural }, subresource }) =>
        dying &&
        ((plural === 'tasks' && subresource === 'status') ||
          (plural === 'events' && verb === 'create' && !isTold)),
    });
    const stop = control(world);
    const pod = await waitUntil('there is a pod', () => world.pod(task));
    if (isTold)
      await waitUntil('its making is told', async () => (await world.reasons(task)).includes('Created'));
    await stop();
    dying = false;
    if (!isTold) await world.client.create<Loose>(EVENTS, scheduled(pod));
    const { name } = pod.metadata;
    await world.client.delete(PODS, { namespace: NAMESPACE, name }, { gracePeriodSeconds: 0 });
    expect((await world.task(task)).status?.podName).toBeUndefined();
    control(world);
    await world.until(task, 'PodDeleted');
    expect(await world.pod(task)).toBeUndefined();
  });

  it('may run while nobody knows what its images run: a cancel does not say that it never did', async () => {
    const world = await worldWith();
    // Nobody answers there.
    const step = { name: 'a', image: 'localhost:1/x' };
    const task = await world.apply({ steps: [step], cancel: true });
    const known = { ...task, spec: { steps: [{ ...step, command: ['true'] }] } };
    await put(world, PODS, podOf(known, SETTINGS));
    control(world, { insecureRegistry: ['localhost:1'] });
    const { steps } = await world.until(task, 'Cancelled');
    expect(steps?.[0]?.message).toBe('whether it began, and how it ended, is not known');
  });

  it('is gone when another one has taken its name', async () => {
    const world = await worldWith();
    const stop = control(world);
    const task = await world.apply(ONE);
    const { podUID } = await waitUntil('its pod is known', async () => {
      const { status } = await world.task(task);
      return status?.podUID === undefined ? undefined : status;
    });
    await stop();
    const pod = await world.pod(task);
    await world.client.delete(
      PODS,
      { namespace: NAMESPACE, name: pod?.metadata.name ?? '' },
      { gracePeriodSeconds: 0 },
    );
    const other = await put(world, PODS, podOf(task, SETTINGS));
    expect(other.metadata.uid).not.toBe(podUID);
    await world.play(task, [over('a')]);
    control(world);
    await world.until(task, 'PodDeleted');
  });
});

describe('a ConfigMap', () => {
  it('of another Task of that name is not this one’s', () => {
    const scripts = scriptsConfigMap(taskOf(SCRIPT));
    const other = looseOf(scripts ?? {});
    expect(scripts && isScriptsOf(scripts, other)).toBe(true);
    for (const owner of other.metadata.ownerReferences ?? []) owner.uid = 'u-2';
    expect(scripts && isScriptsOf(scripts, other)).toBe(false);
  });

  it('of a Task that no cluster has is nobody’s', () => {
    const task = { ...taskOf(SCRIPT), metadata: { name: 'a' } };
    const scripts = scriptsConfigMap(task);
    expect(scripts && isScriptsOf(scripts, looseOf(scripts))).toBe(false);
  });
});

function listOf(spec: Loose, key: string): object[] {
  return spec[key] as object[];
}

function taskOf(spec: object = ONE): StoredTask {
  return {
    apiVersion: 'api.practice.com/v1alpha1',
    kind: 'Task',
    metadata: { name: 'a', namespace: NAMESPACE, uid: 'u-1' },
    spec,
  } as StoredTask;
}
