import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { LEASE_NAME } from '../../controller/controller.ts';
import * as objects from '../../controller/runtime/objects.ts';
import { manifest, ROOT } from './files.ts';

interface Rule {
  apiGroups: string[];
  resources: string[];
  resourceNames?: string[];
  verbs: string[];
}

/** `get tasks.api.practice.com`, sorted: every right that the rules give. */
function rightsOf(rules: readonly Rule[]): string[] {
  return rules
    .flatMap(({ apiGroups, resources, verbs }) =>
      apiGroups.flatMap((group) =>
        resources.flatMap((resource) => verbs.map((verb) => `${verb} ${resource}.${group}`)),
      ),
    )
    .toSorted();
}

const rulesIn = async (file: string): Promise<Rule[]> => (await manifest<{ rules: Rule[] }>(file)).rules;

/** Taken away on a cluster, one by one: without it something stops working. */
const CONTROLLER = [
  'get tasks.api.practice.com',
  'list tasks.api.practice.com',
  'watch tasks.api.practice.com',
  'delete tasks.api.practice.com',
  'patch tasks/status.api.practice.com',
  'update tasks/finalizers.api.practice.com',
  'get pods.',
  'list pods.',
  'watch pods.',
  'create pods.',
  'patch pods.',
  'delete pods.',
  'create configmaps.',
  'get secrets.',
  'get serviceaccounts.',
  'create events.events.k8s.io',
];
const LEASE = ['get', 'watch', 'patch', 'create'].map((verb) => `${verb} leases.coordination.k8s.io`);

/** Nothing asks for it, but the admission plugin OwnerReferencesPermissionEnforcement. */
const BY_ADMISSION = 'update tasks/finalizers.api.practice.com';

/** The requests in the source of the controller: `client.get<Pod>(PODS, …)`, and a cache's list and watch. */
async function requestsInSource(): Promise<string[]> {
  const folder = join(ROOT, 'controller');
  const names = (await readdir(folder, { recursive: true })).filter((name) => name.endsWith('.ts'));
  const sources = await Promise.all(names.map(async (name) => readFile(join(folder, name), 'utf8')));
  const found = sources.flatMap((source) => [
    ...[...source.matchAll(/\.(get|create|patch|delete|list|watch)(?:<[^>]*>)?\(\s*([A-Z_]{4,}),/g)].map(
      ([, verb = '', type = '']) => `${verb} ${resourceOf(type, verb === 'patch')}`,
    ),
    ...[...source.matchAll(/client, type: ([A-Z_]+)/g)].flatMap(([, type = '']) =>
      ['list', 'watch'].map((verb) => `${verb} ${resourceOf(type, false)}`),
    ),
  ]);
  return [...new Set(found)].toSorted();
}

function resourceOf(constant: string, patched: boolean): string {
  const { plural, group } = (objects as unknown as Record<string, objects.ResourceType>)[constant] ?? {
    plural: `unknown ${constant}`,
    group: '',
  };
  // The controller writes nothing of a Task but its status.
  return `${plural}${patched && constant === 'TASKS' ? '/status' : ''}.${group}`;
}

describe('the controller may do', () => {
  it('this, and nothing else', async () => {
    expect(rightsOf(await rulesIn('rbac/controller-role.yaml'))).toEqual(CONTROLLER.toSorted());
    expect(rightsOf(await rulesIn('rbac/lease-role.yaml'))).toEqual(LEASE.toSorted());
  });

  it('what its source asks for, and nothing else', async () => {
    const asked = [...(await requestsInSource()), BY_ADMISSION].toSorted();
    expect([...CONTROLLER, ...LEASE].toSorted()).toEqual(asked);
  });

  it('nothing by a wildcard', async () => {
    for (const file of ['controller-role', 'lease-role'])
      expect(JSON.stringify(await rulesIn(`rbac/${file}.yaml`))).not.toContain('*');
  });

  it('with one Lease only what it must', async () => {
    for (const { resourceNames, verbs } of await rulesIn('rbac/lease-role.yaml')) {
      expect(resourceNames ?? verbs).toEqual(resourceNames ? [LEASE_NAME] : ['create']);
    }
  });
});

describe('people', () => {
  it('who view may read Tasks', async () => {
    const rights = rightsOf(await rulesIn('rbac/people/taskflow-view.yaml'));
    for (const right of rights) expect(right).toMatch(/^(get|list|watch) tasks(\/status)?\./);
  });

  it('who edit may also change them, but not what the controller says', async () => {
    const rights = rightsOf(await rulesIn('rbac/people/taskflow-edit.yaml'));
    for (const verb of ['create', 'update', 'patch', 'delete'])
      expect(rights).toContain(`${verb} tasks.api.practice.com`);
    expect(rights.join()).not.toContain('status');
  });

  it.each([
    ['view', ['view', 'edit', 'admin']],
    ['edit', ['edit', 'admin']],
  ])('have %s through the roles that clusters have', async (name, roles) => {
    const { metadata } = await manifest(`rbac/people/taskflow-${name}.yaml`);
    const aggregated = Object.entries(metadata?.labels ?? {}).flatMap(([label, value]) =>
      value === 'true' ? label.replace(/^rbac\.authorization\.k8s\.io\/aggregate-to-/, '') : [],
    );
    expect(aggregated).toEqual(roles);
  });
});
