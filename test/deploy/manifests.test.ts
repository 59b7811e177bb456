import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import packageJson from '../../package.json' with { type: 'json' };
import { container, DEPLOY, deployFiles, deployment, manifest, type Manifest } from './files.ts';

const files = await deployFiles();
const isKustomization = (file: string): boolean => file.endsWith('kustomization.yaml');
const isObject = (file: string): boolean =>
  /^(crd|rbac|controller|base)\//.test(file) && !isKustomization(file);

describe('every file', () => {
  it.each(files)('%s is one YAML document', async (file) => {
    expect(await manifest(file)).toBeTypeOf('object');
  });

  it.each(files.filter(isObject))('%s is an object of taskflow', async (file) => {
    const { apiVersion, kind, metadata } = await manifest(file);
    expect(apiVersion).toMatch(/^([a-z0-9.]+\/)?v\d+$/);
    expect(kind).toMatch(/^[A-Z]/);
    expect(metadata?.labels).toMatchObject({ 'app.kubernetes.io/name': 'taskflow' });
    // The overlay says where.
    expect(metadata?.namespace).toBeUndefined();
  });

  it.each(files.filter(isObject))('%s is in the kustomization beside it', async (file) => {
    const { resources } = await manifest(join(dirname(file), 'kustomization.yaml'));
    expect(resources).toContain(file.slice(dirname(file).length + 1));
  });

  it.each(files.filter(isKustomization))('%s refers to what is there', async (file) => {
    const { resources = [], configurations = [] } = await manifest<{
      resources?: string[];
      configurations?: string[];
    }>(file);
    const missing = [...resources, ...configurations].filter(
      (path) => !existsSync(join(DEPLOY, dirname(file), path)),
    );
    expect(missing).toEqual([]);
  });
});

it.each(['tasks', 'resumes'])('has the CRD of %s', async (plural) => {
  expect(await manifest(`crd/${plural}.api.practice.com.yaml`)).toMatchObject({
    kind: 'CustomResourceDefinition',
    metadata: { name: `${plural}.api.practice.com` },
  });
});

describe('what selects the pods', () => {
  it.each(['disruption-budget', 'metrics-service', 'deployment'])('%s selects them', async (name) => {
    const { template } = (await deployment()).spec;
    const { spec } = await manifest<Manifest & { spec: { selector: Record<string, unknown> } }>(
      `controller/${name}.yaml`,
    );
    const labels = spec.selector['matchLabels'] ?? spec.selector;
    expect(template.metadata.labels).toMatchObject(labels);
    expect(labels).toEqual((await deployment()).spec.selector.matchLabels);
  });

  it('leads the metrics to the port of that name', async () => {
    const { ports } = await container();
    expect(await manifest('controller/metrics-service.yaml')).toMatchObject({
      metadata: { annotations: { 'prometheus.io/port': String(ports[0]?.containerPort) } },
      spec: { ports: [{ targetPort: ports[0]?.name }] },
    });
  });
});

describe('the Deployment', () => {
  // https://kubernetes.io/docs/concepts/security/pod-security-standards/#restricted
  it('obeys Pod Security "restricted", with a root file system that nobody writes to', async () => {
    const { spec } = (await deployment()).spec.template;
    expect(spec.securityContext).toMatchObject({
      runAsNonRoot: true,
      runAsUser: 65_532,
      seccompProfile: { type: 'RuntimeDefault' },
    });
    expect((await container()).securityContext).toEqual({
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'] },
    });
    for (const field of ['hostNetwork', 'hostPID', 'hostIPC', 'volumes'])
      expect(spec).not.toHaveProperty(field);
    expect(await manifest('base/namespace.yaml')).toMatchObject({
      metadata: { labels: { 'pod-security.kubernetes.io/enforce': 'restricted' } },
    });
  });

  it('runs as the account that the rights are bound to, and only its pods have the token', async () => {
    const { spec } = (await deployment()).spec.template;
    const account = await manifest('rbac/service-account.yaml');
    expect(spec).toMatchObject({
      serviceAccountName: account.metadata?.name,
      automountServiceAccountToken: true,
    });
    expect(account['automountServiceAccountToken']).toBe(false);
    for (const binding of ['controller-binding', 'lease-binding']) {
      expect(await manifest(`rbac/${binding}.yaml`)).toMatchObject({
        subjects: [{ kind: 'ServiceAccount', name: account.metadata?.name }],
      });
    }
  });

  it('has images and labels of this version', async () => {
    const { version } = packageJson;
    const { image, env } = await container();
    expect(image).toBe(`taskflow/controller:${version}`);
    expect(env[0]?.value).toBe(`taskflow/agent:${version}`);
    const { metadata, spec } = await deployment();
    for (const { labels } of [metadata, spec.template.metadata] as { labels: object }[])
      expect(labels).toMatchObject({ 'app.kubernetes.io/version': version });
  });

  it('is asked where the controller answers', async () => {
    const { livenessProbe, readinessProbe, ports, args } = await container();
    expect(livenessProbe.httpGet).toEqual({ path: '/healthz', port: 'metrics' });
    expect(readinessProbe.httpGet).toEqual({ path: '/readyz', port: 'metrics' });
    expect(args).toContain(`--metrics-addr=:${ports[0]?.containerPort}`);
  });
});
