import { mkdir, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { execa } from 'execa';
import { describe, expect, it, type TestContext } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { toRemove, waits } from '../../scripts/deploy/manifests.ts';
import { kustomizationOn } from '../../scripts/deploy/overlay.ts';
import { scratch } from '../support/scratch.ts';
import { ROOT, type Deployment, type Manifest } from './files.ts';

const SCRIPT = join(ROOT, 'scripts/deploy/main.ts');
/** The first whose kustomize has all that the overlays use. Debian 12's is older. */
const OLDEST = 27;

const deploy = async (args: readonly string[], env: Record<string, string> = {}) =>
  execa(process.execPath, [SCRIPT, ...args], { reject: false, env, stdin: 'ignore' });

/** Skips the test where there is no kubectl that renders; a cluster is not needed. */
async function needsKubectl(test: TestContext): Promise<void> {
  const { stdout } = await execa('kubectl', ['version', '--client', '--output', 'json'], { reject: false });
  const minor = Number.parseInt(/"minor":\s*"(\d+)/.exec(stdout ?? '')?.[1] ?? '0', 10);
  if (minor < OLDEST) test.skip(`kubectl 1.${OLDEST} or later is missing`);
}

async function print(...args: string[]): Promise<Manifest[]> {
  const { stdout, stderr, exitCode } = await deploy(['deploy', '--print', ...args]);
  expect({ stderr, exitCode }).toEqual({ stderr: '', exitCode: 0 });
  return parseAllDocuments(stdout).map((document) => document.toJS() as Manifest);
}

const kindsOf = (manifests: readonly Manifest[]): string[] =>
  [...new Set(manifests.map(({ kind = '' }) => kind))].toSorted();

function images(manifests: readonly Manifest[]): unknown[] {
  const found = manifests.find(({ kind }) => kind === 'Deployment') as Deployment | undefined;
  const first = found?.spec.template.spec.containers[0];
  return [first?.image, first?.env[0]?.value];
}

describe('npm run deploy -- --print', () => {
  it('has everything for a cluster, in one namespace', async (test) => {
    await needsKubectl(test);
    const manifests = await print();
    expect(kindsOf(manifests)).toEqual(
      [
        ...['ClusterRole', 'ClusterRoleBinding', 'CustomResourceDefinition', 'Deployment', 'Namespace'],
        ...['PodDisruptionBudget', 'Role', 'RoleBinding', 'Service', 'ServiceAccount'],
      ].toSorted(),
    );
    const namespaces = new Set(manifests.map(({ metadata }) => metadata?.namespace));
    expect(namespaces).toEqual(new Set([undefined, 'taskflow-system']));
    for (const { subjects } of manifests as { subjects?: { namespace: string }[] }[])
      for (const { namespace } of subjects ?? []) expect(namespace).toBe('taskflow-system');
  });

  it('asks for no right beyond the namespace where it is for one', async (test) => {
    await needsKubectl(test);
    const manifests = await print('--overlay', 'namespaced');
    expect(kindsOf(manifests)).toEqual(
      ['Deployment', 'PodDisruptionBudget', 'Role', 'RoleBinding', 'Service', 'ServiceAccount'].toSorted(),
    );
    const told = manifests.map(({ kind, metadata }) => `${kind} ${metadata?.name} ${metadata?.namespace}`);
    // Neither the controller nor its Lease is where tenants may write.
    expect(told.filter((each) => each.endsWith(' taskflow'))).toEqual([
      'Role taskflow-controller taskflow',
      'RoleBinding taskflow-controller taskflow',
    ]);
    expect(told.filter((each) => !each.endsWith(' taskflow-system'))).toHaveLength(2);
    const bindings = manifests.filter(({ kind }) => kind === 'RoleBinding');
    for (const binding of bindings)
      expect(binding).toMatchObject({
        roleRef: { kind: 'Role' },
        subjects: [{ name: 'taskflow-controller', namespace: 'taskflow-system' }],
      });
    const deployment = manifests.find(({ kind }) => kind === 'Deployment') as Deployment | undefined;
    expect(deployment?.spec.template.spec.containers[0]?.env).toEqual(
      expect.arrayContaining([
        { name: 'TASKFLOW_CONTROLLER_NAMESPACE', value: 'taskflow' },
        {
          name: 'TASKFLOW_CONTROLLER_LEASE_NAMESPACE',
          valueFrom: { fieldRef: { fieldPath: 'metadata.namespace' } },
        },
      ]),
    );
  });

  it('has the images of an overlay', async (test) => {
    await needsKubectl(test);
    const found = images(await print('--overlay', 'private-registry'));
    for (const image of found) expect(image).toMatch(/^registry\.example\.com\/taskflow\/\w+:/);
  });

  it('has the images that are given, with every overlay', async (test) => {
    await needsKubectl(test);
    const given = ['--controller-image', 'r.example/c:2', '--agent-image', 'r.example/a@sha256:1'];
    for (const overlay of ['base', 'namespaced', 'private-registry'])
      expect(images(await print('--overlay', overlay, ...given))).toEqual([given[1], given[3]]);
  });
});

describe('the component network-policy', () => {
  it('lets nobody but Prometheus connect to the controllers of an overlay', async (test) => {
    await needsKubectl(test);
    const overlay = join(await scratch(), 'overlay');
    await mkdir(overlay);
    const at = (path: string): string => relative(overlay, join(ROOT, 'deploy', path));
    const kustomization = { resources: [at('base')], components: [at('network-policy')] };
    await writeFile(join(overlay, 'kustomization.yaml'), JSON.stringify(kustomization));
    const { stdout } = await execa('kubectl', [
      'kustomize',
      '--load-restrictor',
      'LoadRestrictionsNone',
      overlay,
    ]);
    const all = parseAllDocuments(stdout).map((document) => document.toJS() as Manifest & { spec: object });
    const of = (kind: string) => all.find((each) => each.kind === kind);
    expect(of('NetworkPolicy')).toMatchObject({
      spec: {
        podSelector: (of('Deployment') as { spec: { selector: object } }).spec.selector,
        policyTypes: ['Ingress'],
        ingress: [{ ports: [{ port: 'metrics', protocol: 'TCP' }] }],
      },
    });
  });
});

describe('what stands in the way', () => {
  it('is said: no kubectl', async () => {
    expect(await deploy(['deploy'], { PATH: await scratch() })).toMatchObject({
      exitCode: 1,
      stderr: expect.stringContaining('kubectl is not on the PATH'),
    });
  });

  it('is said: no cluster', async (test) => {
    await needsKubectl(test);
    const nowhere = join(await scratch(), 'config');
    for (const action of ['deploy', 'undeploy'])
      expect(await deploy([action], { KUBECONFIG: nowhere })).toMatchObject({
        exitCode: 1,
        stderr: expect.stringContaining('set KUBECONFIG'),
      });
  });

  it.each([
    [['elsewhere'], 'expected deploy or undeploy, not "elsewhere"'],
    [['deploy', '--overlay', 'none'], 'there is no kustomization.yaml'],
    [['deploy', '--force'], "Unknown option '--force'"],
  ])('is said: %j', async (args, message) => {
    expect(await deploy(args)).toMatchObject({ exitCode: 1, stderr: expect.stringContaining(message) });
  });
});

describe('an undeployment', () => {
  const manifests = ['Namespace', 'CustomResourceDefinition', 'Role', 'Deployment'].map((kind) => ({
    kind,
    metadata: { name: kind.toLowerCase() },
  }));
  const kinds = (everything: boolean): string[] => toRemove(manifests, everything).map(({ kind }) => kind);

  it('leaves what holds more than taskflow’s own', () => {
    expect(kinds(false)).toEqual(['Deployment', 'Role']);
  });

  it('takes it last where that is wished', () => {
    expect(kinds(true)).toEqual(['Deployment', 'Role', 'CustomResourceDefinition', 'Namespace']);
  });
});

it('waits for the definition, and for the controllers', () => {
  const manifests = [
    { kind: 'CustomResourceDefinition', metadata: { name: 'tasks.api.practice.com' } },
    { kind: 'Service', metadata: { name: 'metrics' } },
    { kind: 'Deployment', metadata: { name: 'controller', namespace: 'there' } },
  ];
  expect(waits(manifests, '9s')).toEqual([
    ['wait', '--for=condition=Established', 'crd/tasks.api.practice.com', '--timeout=9s'],
    ['--namespace', 'there', 'rollout', 'status', 'deployment/controller', '--timeout=9s'],
  ]);
});

it('changes nothing where nothing is asked for', () => {
  expect(kustomizationOn('../base', {})).toEqual({
    apiVersion: 'kustomize.config.k8s.io/v1beta1',
    kind: 'Kustomization',
    resources: ['../base'],
  });
});
