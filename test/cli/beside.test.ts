/** What stands beside the Tasks of a manifest, and Tasks that a cluster has had: the way from kubectl and to it. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import { formatYaml } from '../../shared/manifest/index.ts';
import { taskflow } from '../support/cli.ts';
import { scratch } from '../support/scratch.ts';

const API = { apiVersion: 'api.practice.com/v1alpha1', kind: 'Task' };
const CORE = { apiVersion: 'v1', metadata: { name: 'it', namespace: 'ci' } };

const from = (kind: 'configMapKeyRef' | 'secretKeyRef', key: string, optional?: boolean) => ({
  valueFrom: { [kind]: { name: key === 'gone' ? 'gone' : 'it', key, ...(optional && { optional }) } },
});

/** As `kubectl get tasks,configmaps,secrets,services -o yaml` prints it. */
const LIST = {
  apiVersion: 'v1',
  kind: 'List',
  metadata: { resourceVersion: '' },
  items: [
    {
      ...API,
      metadata: {
        creationTimestamp: '2026-01-02T03:04:05Z',
        generateName: 'show-',
        generation: 1,
        managedFields: [{ manager: 'kubectl', operation: 'Update', fieldsV1: { 'f:spec': {} } }],
        name: 'show-x7k2p',
        namespace: 'ci',
        resourceVersion: '12345',
        uid: '4b5f2f0c-8a5e-4c43-9d2c-0a1b2c3d4e5f',
      },
      spec: {
        steps: [
          {
            name: 'a',
            image: 'busybox',
            command: ['sh', '-c', 'echo "$C $S $PLAIN $pre_c ${NONE-unset}"; exit 0', '$(S)', '$(C)'],
            envFrom: [
              { configMapRef: { name: 'it' }, prefix: 'pre_' },
              { secretRef: { name: 'gone', optional: true } },
            ],
            env: [
              { name: 'C', ...from('configMapKeyRef', 'c') },
              { name: 'S', ...from('secretKeyRef', 's') },
              { name: 'PLAIN', value: '<$(S)>' },
              { name: 'NONE', ...from('secretKeyRef', 'nosuchkey', true) },
            ],
          },
        ],
      },
      status: { status: 'Successful', order: 1, steps: [{ name: 'a', state: 'Succeeded' }] },
    },
    { ...CORE, kind: 'ConfigMap', data: { c: 'blue' } },
    { ...CORE, kind: 'Secret', type: 'Opaque', data: { s: 'aHVudGVyMg==' } },
    { ...CORE, kind: 'Service', spec: { ports: [{ port: 80 }] } },
  ],
};

describe('what kubectl get prints', () => {
  const input = formatYaml(LIST);

  it('is run: the Tasks, with variables of the ConfigMaps and Secrets beside them; the rest is named', async () => {
    const { exitCode, stdout, stderr } = await taskflow(['run', '-'], { input });
    expect({ exitCode, stdout }).toEqual({ exitCode: 0, stdout: 'a | blue hunter2 <hunter2> blue unset\n' });
    expect(stderr).toMatch(
      /^warning: <stdin>:\d+:5: Service it is not used; only Tasks, ConfigMaps and Secrets are\n/,
    );
  });

  it('shows nothing of a Secret in a plan', async () => {
    const { stdout } = await taskflow(['run', '--dry-run', '-o', 'json', '-'], { input });
    const [plan] = JSON.parse(stdout) as { steps: { command: string[] }[] }[];
    expect(plan?.steps[0]?.command.slice(-2)).toEqual(['$(S)', 'blue']);
    expect(stdout).not.toContain('hunter2');
  });

  it('is rendered as what it was before the cluster had it', async () => {
    const { stdout, stderr } = await taskflow(['render', '-'], { input });
    const pod = parse(stdout) as { metadata: object };
    expect(pod.metadata).toMatchObject({ generateName: 'task-pod-show-x7k2p-', namespace: 'ci' });
    expect(stdout).not.toContain('4b5f2f0c');
    expect(stderr).toContain('warning: ConfigMap it is not printed; create it in the cluster as well\n');
    expect(stderr).toContain('warning: Secret it is not printed;');
  });

  it('can be in several files, and says what is not beside the Task', async () => {
    const directory = await scratch();
    const [task, configMap, secret] = LIST.items;
    await writeFile(join(directory, 'a.yaml'), formatYaml({ ...task }));
    await writeFile(join(directory, 'b.yaml'), formatYaml({ ...configMap, data: {} }));
    const without = await taskflow(['run', '-f', directory]);
    expect({ exitCode: without.exitCode, stderr: without.stderr }).toEqual({
      exitCode: 2,
      stderr: [
        'Task show-x7k2p: step a takes env[0] C from ConfigMap it, which has no key "c" for a variable; correct the key, or give the variable with --env C=VALUE',
        'Task show-x7k2p: step a takes env[1] S from Secret it, which only a cluster has; put the Secret into a file beside the Task, or give the variable with --env S=VALUE',
        '',
      ].join('\n'),
    });
    await writeFile(join(directory, 'c.yaml'), formatYaml({ ...secret }));
    const { stdout } = await taskflow(['run', '--env', 'C=given', directory]);
    expect(stdout).toBe('a | given hunter2 <hunter2>  unset\n');
  });
});

describe('a Task with generateName', () => {
  const input = formatYaml({
    ...API,
    metadata: { generateName: 'release-' },
    spec: { steps: [{ name: 'a', image: 'busybox', script: 'echo a' }] },
  });

  it('gets a name for a local run, as the API server makes them', async () => {
    const { exitCode, stderr } = await taskflow(['run', '-'], { input });
    expect(exitCode).toBe(0);
    expect(stderr).toMatch(/^Task release-[bcdfghjklmnpqrstvwxz2456789]{5} Successful/m);
  });

  it('is rendered so that kubectl create takes it', async () => {
    const { stdout } = await taskflow(['render', '-'], { input });
    const [scripts, pod] = parseAllDocuments(stdout).map((each) => each.toJS() as { metadata: object });
    expect(scripts?.metadata).toMatchObject({
      name: expect.stringMatching(/^task-scripts-release-[0-9a-f]{10}$/) as string,
    });
    expect(pod?.metadata).toMatchObject({
      generateName: 'task-pod-release-',
      labels: { 'app.kubernetes.io/name': 'release', 'api.practice.com/task': 'release' },
    });
  });
});
