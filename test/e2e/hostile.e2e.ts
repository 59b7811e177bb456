/** What somebody with some rights in a namespace may try, on a real cluster. */
import { createServer } from 'node:http';
import { type AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  CONFIG_MAPS,
  PODS,
  SECRETS,
  SERVICE_ACCOUNTS,
  type KubeObject,
  type ResourceType,
} from '../../controller/runtime/objects.ts';
import { type StoredTask } from '../../controller/stored-task.ts';
import { podOf, type Pod } from '../../shared/pod/pod.ts';
import { scriptsConfigMap } from '../../shared/pod/scripts.ts';
import { type Task } from '../../shared/task/task.ts';
import { waitUntil } from '../support/wait-until.ts';
import { AGENT_IMAGE, IMAGE, PULL } from './cluster-images.ts';
import { useCluster, type Cluster } from './cluster.ts';

const NAMESPACES: ResourceType = { group: '', version: 'v1', plural: 'namespaces', kind: 'Namespace' };
const QUOTAS: ResourceType = { group: '', version: 'v1', plural: 'resourcequotas', kind: 'ResourceQuota' };
const ADMISSION = { group: 'admissionregistration.k8s.io', version: 'v1' };
const POLICIES: ResourceType = {
  ...ADMISSION,
  plural: 'mutatingadmissionpolicies',
  kind: 'MutatingAdmissionPolicy',
};
const BINDINGS: ResourceType = {
  ...ADMISSION,
  plural: 'mutatingadmissionpolicybindings',
  kind: 'MutatingAdmissionPolicyBinding',
};

const MINE: Task['spec']['steps'] = [
  { name: 'a', image: IMAGE, imagePullPolicy: PULL, script: 'test "$WHO" = ""; echo mine' },
];
const SETTINGS = { agentImage: AGENT_IMAGE, agentImagePullPolicy: PULL, injection: 'image-volume' } as const;
type Loose = KubeObject & Record<string, unknown>;
const put = async ({ client }: Cluster, type: ResourceType, object: object): Promise<Loose> =>
  client.create<Loose>(type, structuredClone(object) as Loose);

/** A Task that waits for leave to begin, so that somebody else can be first. */
async function suspended(cluster: Cluster): Promise<StoredTask> {
  const task = await cluster.apply({ suspend: true, steps: MINE });
  await cluster.until(task, 'is paused', ({ status }) => status === 'Paused');
  return task;
}

describe('with what has the name of a Task’s own', () => {
  const cluster = useCluster(['--image-pull-patience', '30s']);

  it.each<[string, (own: KubeObject) => object]>([
    ['has no owner', ({ metadata }) => ({ metadata: { ...metadata, ownerReferences: [] } })],
    ['names the Task as its owner', () => ({})],
    ['can be changed later', (own) => ({ data: Reflect.get(own, 'data'), immutable: false })],
  ])('a ConfigMap that %s does not become its script', async (_, forge) => {
    const task = await suspended(cluster);
    const scripts = scriptsConfigMap(task);
    if (scripts === undefined) throw new Error('the Task has a script');
    await put(cluster, CONFIG_MAPS, { ...scripts, data: { a: 'echo yours' }, ...forge(scripts) });
    await cluster.change(task, { suspend: false });
    await cluster.until(task, 'says so', ({ reason }) => reason === 'ConfigMapNameTaken');
    expect(await cluster.podOf(task)).toBeUndefined();
    await cluster.client.delete(CONFIG_MAPS, {
      namespace: cluster.namespace,
      name: scripts.metadata.name,
    });
    expect(await cluster.ended(task)).toMatchObject({ status: 'Successful' });
  });

  it('a pod that succeeds in its place is not its result', async () => {
    const task = await suspended(cluster);
    const pod = podOf(task, SETTINGS);
    const containers = pod.spec.containers.map(({ name, image, imagePullPolicy }) => ({
      name,
      image,
      imagePullPolicy,
      command: ['sh', '-c', 'echo \'{"state":"Succeeded","exitCode":0}\' >/dev/termination-log'],
    }));
    const { initContainers: _, ...spec } = pod.spec;
    const forged = await put(cluster, PODS, { ...pod, spec: { ...spec, containers } });
    const succeeded = async (): Promise<boolean> => {
      const { status } = (await cluster.podOf(task)) ?? {};
      return status?.phase === 'Succeeded';
    };
    await waitUntil('it has succeeded', succeeded, 60_000);
    expect((await cluster.get(task)).status).toMatchObject({ status: 'Paused' });
    await cluster.change(task, { suspend: false });
    const { status } = await cluster.until(task, 'says so', ({ reason }) => reason === 'PodNameTaken');
    expect(status?.steps).toMatchObject([{ name: 'a', state: 'Waiting' }]);
    expect(status?.steps?.[0]).not.toHaveProperty('exitCode');
    const { name, uid = '' } = forged.metadata;
    await cluster.client.delete(PODS, { namespace: cluster.namespace, name }, { uid });
    const ended = await cluster.ended(task);
    expect(ended).toMatchObject({ status: 'Successful' });
    expect(ended.podUID).not.toBe(uid);
  });

  it('a pod that is as the controller makes it is its own', async () => {
    const task = await suspended(cluster);
    const own = { ...task, spec: { ...task.spec, suspend: false } };
    await put(cluster, CONFIG_MAPS, scriptsConfigMap(own) ?? {});
    const { metadata } = await put(cluster, PODS, podOf(own, SETTINGS));
    await cluster.change(task, { suspend: false });
    expect(await cluster.ended(task)).toMatchObject({ status: 'Successful', podUID: metadata.uid });
  });
});

describe('where admission adds something to each pod', () => {
  const cluster = useCluster();
  const name = (): string => `${cluster.namespace}.taskflow.test`;

  beforeAll(async () => {
    const { client, namespace } = cluster;
    const container =
      'Object.spec.containers{name: "a", env: [Object.spec.containers.env{name: "PROXY", value: "1"}]}';
    const volume = 'Object.spec.volumes{name: "certs", emptyDir: Object.spec.volumes.emptyDir{}}';
    const expression = `Object{spec: Object.spec{containers: [${container}], volumes: [${volume}]}}`;
    const resourceRules = [
      { apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE'], resources: ['pods'] },
    ];
    const policy = {
      metadata: { name: name() },
      spec: {
        failurePolicy: 'Fail',
        reinvocationPolicy: 'Never',
        matchConstraints: { resourceRules },
        mutations: [{ patchType: 'ApplyConfiguration', applyConfiguration: { expression } }],
      },
    };
    const labels = { 'kubernetes.io/metadata.name': namespace };
    const binding = {
      metadata: { name: name() },
      spec: {
        policyName: name(),
        matchResources: { resourceRules, namespaceSelector: { matchLabels: labels } },
      },
    };
    await client.create(POLICIES, policy);
    await client.create(BINDINGS, binding);
    const probe = {
      metadata: { generateName: 'probe-', namespace },
      spec: { containers: [{ name: 'a', image: IMAGE }] },
    };
    const isThere = async (): Promise<boolean> => {
      const made = await client.create(PODS, probe as unknown as Pod & KubeObject, { dryRun: true });
      return JSON.stringify(made.spec).includes('"PROXY"');
    };
    await waitUntil('the policy is in force', isThere, 30_000);
  });
  afterAll(async () => {
    await cluster.client.delete(BINDINGS, { name: name() });
    await cluster.client.delete(POLICIES, { name: name() });
  });

  it('a pod with it is known again, and one with something else is not', async () => {
    for (const [extra, expected] of [
      [{}, 'Successful'],
      [{ env: [{ name: 'WHO', value: 'me' }] }, 'PodNameTaken'],
    ] as const) {
      const task = await suspended(cluster);
      const own = { ...task, spec: { ...task.spec, suspend: false } };
      await put(cluster, CONFIG_MAPS, scriptsConfigMap(own) ?? {});
      const pod = podOf(own, SETTINGS);
      const containers = pod.spec.containers.map((each) => ({ ...each, ...extra }));
      const made = await put(cluster, PODS, { ...pod, spec: { ...pod.spec, containers } });
      expect(JSON.stringify(made['spec'])).toContain('"PROXY"');
      await cluster.change(task, { suspend: false });
      await cluster.until(task, expected, ({ status, reason }) => [status, reason].includes(expected));
    }
  });
});

/** A registry on this machine that notes who came with what. */
const registry = createServer((request, response) => {
  asked.push(`${request.url} ${request.headers.authorization ?? ''}`);
  const hidden = `http://localhost:${(elsewhere.address() as AddressInfo).port}/`;
  if (request.headers.authorization === undefined)
    response.writeHead(401, { 'www-authenticate': 'Basic realm="r"' }).end();
  else if (request.url?.includes('/leads-away/')) response.writeHead(307, { location: hidden }).end();
  else response.writeHead(404).end();
});
const elsewhere = createServer((_, response) => void response.end());
const asked: string[] = [];
let strays = 0;
elsewhere.on('connection', () => strays++);
for (const server of [registry, elsewhere])
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
const host = `127.0.0.1:${(registry.address() as AddressInfo).port}`;
const metrics = createServer();
await new Promise<void>((done) => metrics.listen(0, '127.0.0.1', done));
const { port: metricsPort } = metrics.address() as AddressInfo;
await new Promise((done) => metrics.close(done));
afterAll(() => void [registry.close(), elsewhere.close()]);

describe('before the API server would take its pod', () => {
  const cluster = useCluster([
    ...['--insecure-registry', host, '--metrics-addr', `127.0.0.1:${metricsPort}`],
    ...['--image-pull-patience', '30s'],
  ]);
  const silent = (name: string, more: object = {}): Task['spec'] => ({
    steps: [{ name: 'a', image: `${host}/${name}`, ...more }],
  });
  /** How often the controller has read a secret. */
  const secretsRead = async (): Promise<number> => {
    const text = await (await fetch(`http://127.0.0.1:${metricsPort}/metrics`)).text();
    const counts = text.matchAll(/^taskflow_api_requests_total\{(?=[^}]*resource="secrets")[^}]*\} (\d+)$/gm);
    return [...counts].reduce((sum, [, count]) => sum + Number(count), 0);
  };
  const pulling = { imagePullSecrets: [{ name: 'pull' }] };

  beforeAll(async () => {
    const auth = Buffer.from('victim:password').toString('base64');
    const text = JSON.stringify({ auths: { [host]: { auth } } });
    const { namespace } = cluster;
    await put(cluster, SECRETS, {
      metadata: { name: 'pull', namespace },
      type: 'kubernetes.io/dockerconfigjson',
      data: { '.dockerconfigjson': Buffer.from(text).toString('base64') },
    });
    await put(cluster, SERVICE_ACCOUNTS, { metadata: { name: 'plain', namespace } });
    await put(cluster, SERVICE_ACCOUNTS, {
      metadata: {
        name: 'strict',
        namespace,
        annotations: { 'kubernetes.io/enforce-mountable-secrets': 'true' },
      },
    });
  });

  it('with a service account that may not use the secret: no secret is read, and no registry asked', async () => {
    const podTemplate = { serviceAccountName: 'strict', ...pulling };
    const task = await cluster.apply({ ...silent('mountable'), podTemplate });
    await cluster.until(task, 'is forbidden', ({ reason }) => reason === 'PodForbidden');
    expect([asked.filter((each) => each.includes('mountable')), await secretsRead()]).toEqual([[], 0]);
  });

  it('under Pod Security and quotas: no secret is read, and no registry asked', async () => {
    const { client, namespace } = cluster;
    const labels = { 'pod-security.kubernetes.io/enforce': 'restricted' };
    await client.patch(NAMESPACES, { name: namespace }, { type: 'merge', body: { metadata: { labels } } });
    const restricted = {
      allowPrivilegeEscalation: false,
      runAsNonRoot: true,
      runAsUser: 1,
      capabilities: { drop: ['ALL'] },
      seccompProfile: { type: 'RuntimeDefault' },
    };
    for (const securityContext of [undefined, { ...restricted, privileged: true }, { runAsUser: 1 }]) {
      const step = securityContext && { securityContext };
      const forbidden = await cluster.apply({ ...silent('restricted', step), podTemplate: pulling });
      await cluster.until(forbidden, 'is forbidden', ({ reason }) =>
        /PodForbidden|InvalidPod/.test(reason ?? ''),
      );
    }
    // One that is allowed is not kept from its lookup.
    const allowed = silent('allowed', { securityContext: restricted });
    const fine = await cluster.apply({ ...allowed, podTemplate: { serviceAccountName: 'plain' } });
    await cluster.until(fine, 'was looked up', ({ reason }) => reason === 'ImageLookupFailed');
    const none = { 'pod-security.kubernetes.io/enforce': null };
    await client.patch(
      NAMESPACES,
      { name: namespace },
      { type: 'merge', body: { metadata: { labels: none } } },
    );

    await put(cluster, QUOTAS, { metadata: { name: 'none', namespace }, spec: { hard: { pods: '0' } } });
    const counted = async (): Promise<boolean> =>
      JSON.stringify(await client.get(QUOTAS, { namespace, name: 'none' })).includes('"used"');
    await waitUntil('the quota is counted', counted, 30_000);
    const over = await cluster.apply({ ...silent('quota'), podTemplate: pulling });
    await cluster.until(over, 'is over its quota', ({ reason }) => reason === 'QuotaExceeded');
    expect([asked.filter((each) => /restricted|quota/.test(each)), await secretsRead()]).toEqual([[], 0]);
    await client.delete(QUOTAS, { namespace, name: 'none' });
    await cluster.change(over, { cancel: true });
  });

  it('and after that both happen, but nothing is asked at addresses of the cluster’s own', async () => {
    const away = await cluster.apply({ ...silent('leads-away'), podTemplate: pulling });
    const { port } = elsewhere.address() as AddressInfo;
    const named = await cluster.apply({ steps: [{ name: 'a', image: `localhost:${port}/a` }] });
    for (const task of [away, named]) {
      const { status } = await cluster.until(
        task,
        'cannot be asked',
        ({ reason }) => reason === 'ImageLookupFailed',
      );
      expect(status?.message).toContain('an address of the cluster’s own');
    }
    expect(asked.some((each) => each.includes('/leads-away/') && each.includes('Basic '))).toBe(true);
    expect(await secretsRead()).toBeGreaterThan(0);
    expect(strays).toBe(0);
  });
});
