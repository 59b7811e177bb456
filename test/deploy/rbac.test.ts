import { describe, expect, it } from 'vitest';
import { LEASE_NAME } from '../../controller/controller.ts';
import { manifest } from './files.ts';

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

/** Taken away on a cluster, one by one: without it something stops working. chaos-rights.test.ts uses each. */
const CONTROLLER = [
  'get tasks.api.practice.com',
  'list tasks.api.practice.com',
  'watch tasks.api.practice.com',
  'delete tasks.api.practice.com',
  'patch tasks/status.api.practice.com',
  'update tasks/finalizers.api.practice.com',
  'list resumes.api.practice.com',
  'watch resumes.api.practice.com',
  'patch resumes.api.practice.com',
  'patch resumes/status.api.practice.com',
  'get pods.',
  'list pods.',
  'watch pods.',
  'create pods.',
  'patch pods.',
  'delete pods.',
  'get configmaps.',
  'create configmaps.',
  'get secrets.',
  'get serviceaccounts.',
  'create events.events.k8s.io',
  'list events.events.k8s.io',
];
const LEASE = ['get', 'watch', 'patch', 'create'].map((verb) => `${verb} leases.coordination.k8s.io`);

describe('the controller may do', () => {
  it('this, and nothing else', async () => {
    expect(rightsOf(await rulesIn('rbac/controller-role.yaml'))).toEqual(CONTROLLER.toSorted());
    expect(rightsOf(await rulesIn('rbac/lease-role.yaml'))).toEqual(LEASE.toSorted());
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
  it('who view may read Tasks and Resumes', async () => {
    const rights = rightsOf(await rulesIn('rbac/people/taskflow-view.yaml'));
    for (const right of rights) expect(right).toMatch(/^(get|list|watch) (tasks|resumes)(\/status)?\./);
  });

  it('who edit may also change them, but not what the controller says', async () => {
    const rights = rightsOf(await rulesIn('rbac/people/taskflow-edit.yaml'));
    for (const verb of ['create', 'update', 'patch', 'delete'])
      expect(rights).toContain(`${verb} tasks.api.practice.com`);
    expect(rights.join()).not.toContain('status');
  });

  it('who may only resume can make Resumes, and change or delete nothing', async () => {
    const { metadata } = await manifest('rbac/people/taskflow-resume.yaml');
    expect(Object.keys(metadata?.labels ?? {}).join()).not.toContain('aggregate-to');
    const rights = rightsOf(await rulesIn('rbac/people/taskflow-resume.yaml'));
    expect(rights.filter((right) => !/^(get|list|watch) /.test(right))).toEqual([
      'create resumes.api.practice.com',
    ]);
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
