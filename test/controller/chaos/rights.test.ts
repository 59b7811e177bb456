/** The controller with the rights that deploy/rbac gives it: they are enough, and none is for nothing. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { parse } from 'yaml';
import {
  CONFIG_MAPS,
  EVENTS,
  PODS,
  RESUMES,
  SECRETS,
  TASKS,
  type KubeObject,
} from '../../../controller/runtime/objects.ts';
import { podNameOf } from '../../../shared/pod/pod.ts';
import { scriptsConfigMap } from '../../../shared/pod/scripts.ts';
import { localAgents } from '../../support/agents.ts';
import { type Call, type PolicyRule } from '../../support/api-server/index.ts';
import { Blobs } from '../../support/images.ts';
import { runPods } from '../../support/kubelet/vitest.ts';
import { Ends, startRegistry } from '../../support/registry.ts';
import { waitUntil } from '../../support/wait-until.ts';
import { KINDS } from './kinds.ts';
import { bundledController, startController } from './process.ts';
import { Shard } from './shard.ts';
import { NAMESPACE, worldWith, type World } from '../harness.ts';

const RBAC = join(import.meta.dirname, '../../../deploy/rbac');
const HOME = 'taskflow';
/** Asked for by an admission plugin on the controller's behalf; the controller itself never does it. */
const FOR_ADMISSION = ['update tasks/finalizers'];

async function rulesOf(file: string): Promise<PolicyRule[]> {
  const { rules } = parse(await readFile(join(RBAC, file), 'utf8')) as { rules: PolicyRule[] };
  return rules;
}

test.each([
  { scope: 'of the whole cluster', namespace: undefined },
  { scope: 'of one namespace', namespace: NAMESPACE },
])(
  'the rights $scope are enough, and each is used',
  async ({ namespace }) => {
    const world = await worldWith({ namespaces: [NAMESPACE, HOME] });
    const { server } = world;
    const [rules, lease] = [await rulesOf('controller-role.yaml'), await rulesOf('lease-role.yaml')];
    const name = `system:serviceaccount:${HOME}:taskflow-controller`;
    const grants = [
      { rules, ...(namespace !== undefined && { namespace }) },
      { rules: lease, namespace: HOME },
    ];
    server.access.allow('', { name: 'test' });
    server.access.allow('controller', { name, grants });
    server.access.allow('kubelet', { name: 'kubelet' });
    const used = new Set<string>();
    server.counts.listeners.add(({ user, verb, resource, subresource }) => {
      if (user === name) used.add(`${verb} ${[resource.plural, subresource].filter(Boolean).join('/')}`);
    });
    const agent = localAgents[0]?.command ?? ['/bin/false'];
    const kubelet = await runPods({ url: server.url, token: 'kubelet' }, { agent, phaseLag: 100 });
    const registry = await registryOf(world);

    const kubeconfig = `${world.kubeconfig}-controller`;
    await server.kubeconfig(kubeconfig, { token: 'controller' });
    const scope = namespace === undefined ? [] : ['--namespace', namespace];
    const flags = ['--kubeconfig', kubeconfig, '--lease-namespace', HOME, '--insecure-registry', registry];
    const bundled = await bundledController();
    const first = startController(bundled, [...flags, ...scope]);
    const second = startController(bundled, [...flags, ...scope]);

    // The pod is there, but its maker does not hear of it.
    const pods = (call: Call): boolean => call.verb === 'create' && call.resource.plural === 'pods';
    server.faults.loseAnswers(1, pods);
    const shard = new Shard(NAMESPACE, world);
    for (const kind of KINDS) await shard.begin(kind);
    await shard.check(kubelet.starts);

    const looked = await world.apply({ steps: [{ name: 'a', image: `${registry}/team/hello:1` }] });
    await waitUntil('there is a pod', () => world.pod(looked));
    const short = await world.apply({
      ttlSecondsAfterFinished: 1,
      suspend: true,
      cancel: true,
      steps: [STEP],
    });
    await waitUntil('its time to live is over', async () =>
      (await world.client.list(TASKS, { namespace: NAMESPACE })).items.every(
        ({ metadata }) => metadata.uid !== short.metadata.uid,
      ),
    );
    const taken = await world.apply({ suspend: true, steps: [STEP] });
    const { metadata } = taken;
    await world.client.create<KubeObject & { spec: object }>(PODS, {
      metadata: { name: podNameOf({ name: metadata.name, uid: metadata.uid ?? '' }), namespace: NAMESPACE },
      spec: { containers: [{ name: 'x', image: 'y', command: ['true'] }] },
    });
    await world.change(taken, { suspend: false });
    await world.until(taken, 'PodNameTaken');
    const script = await world.apply({
      suspend: true,
      steps: [{ name: 'a', image: 'busybox', script: 'true' }],
    });
    const { metadata: scripts = { name: '' } } = scriptsConfigMap(script) ?? {};
    await world.client.create(CONFIG_MAPS, { metadata: { name: scripts.name, namespace: NAMESPACE } });
    await world.change(script, { suspend: false });
    await world.until(script, 'ConfigMapNameTaken');
    await kubelet.stop();
    const stuck = await world.apply({ steps: [STEP] });
    const { name: stuckPod, uid = '' } = (await waitUntil('there is a pod', () => world.pod(stuck))).metadata;
    const conditions = [{ type: 'PodScheduled', status: 'True' }];
    await world.client.patch(
      PODS,
      { namespace: NAMESPACE, name: stuckPod, subresource: 'status' },
      { type: 'merge', body: { status: { conditions } } },
    );
    await world.client.create<KubeObject & object>(EVENTS, failedMount(stuckPod, uid));
    await world.until(stuck, 'FailedMount');
    const resume = { namespace: NAMESPACE, name: 'in-vain' };
    await world.client.create<KubeObject & { spec: object }>(RESUMES, {
      apiVersion: 'api.practice.com/v1alpha1',
      kind: 'Resume',
      metadata: resume,
      spec: { task: stuck.metadata.name },
    });
    await waitUntil('nothing can hold that Task', async () => {
      const { status } = await world.client.get<KubeObject & { status?: { reason?: string } }>(
        RESUMES,
        resume,
      );
      return status?.reason === 'NotPausable';
    });
    const unheard = await world.apply({ steps: [STEP] });
    await waitUntil('there is a pod', () => world.pod(unheard));
    await world.change(unheard, { cancel: true });
    await waitUntil(
      'the pod that no node took is gone',
      async () => (await world.pod(unheard)) === undefined,
    );

    first.kill('SIGTERM');
    second.kill('SIGTERM');
    await Promise.all([first.ended, second.ended]);
    expect(server.access.refused).toEqual([]);
    const allowed = [...rules, ...lease].flatMap(({ verbs, resources = [] }) =>
      verbs.flatMap((verb) => resources.map((resource) => `${verb} ${resource}`)),
    );
    expect(allowed.filter((each) => !used.has(each))).toEqual(FOR_ADMISSION);
  },
  120_000,
);

function failedMount(pod: string, uid: string) {
  return {
    metadata: { name: 'failed-mount', namespace: NAMESPACE },
    eventTime: new Date().toISOString().replace('Z', '000Z'),
    reportingController: 'kubelet',
    reportingInstance: 'node-1',
    action: 'Mount',
    reason: 'FailedMount',
    type: 'Warning',
    note: 'MountVolume.SetUp failed for volume "taskflow-bin" : no such image',
    regarding: { apiVersion: 'v1', kind: 'Pod', name: pod, namespace: NAMESPACE, uid },
  };
}

const STEP = { name: 'a', image: 'busybox', command: ['true'] };

/** A registry with one image, and a service account that has a pull secret for it. */
async function registryOf(world: World): Promise<string> {
  const ends = new Ends();
  onTestFinished(() => ends.all());
  const registry = await startRegistry(ends);
  const blobs = new Blobs();
  await registry.push(
    blobs,
    blobs.image({ platform: 'linux/amd64', entrypoint: ['/bin/true'] }),
    'team/hello:1',
  );
  const auths = { [registry.host]: { auth: 'dTpw' } };
  await world.client.create<KubeObject & { type: string; data: object }>(SECRETS, {
    metadata: { name: 'pull', namespace: NAMESPACE },
    type: 'kubernetes.io/dockerconfigjson',
    data: { '.dockerconfigjson': Buffer.from(JSON.stringify({ auths })).toString('base64') },
  });
  await world.client.patch(
    { group: '', version: 'v1', plural: 'serviceaccounts', kind: 'ServiceAccount' },
    { namespace: NAMESPACE, name: 'default' },
    { type: 'merge', body: { imagePullSecrets: [{ name: 'pull' }] } },
  );
  return registry.host;
}
