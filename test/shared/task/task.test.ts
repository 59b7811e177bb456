import { readFile } from 'node:fs/promises';
import { expect, expectTypeOf, it } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { containerSchema } from '../../../shared/task/container/container.ts';
import {
  type EnvVar,
  MAX_STEPS,
  type Step,
  type Task,
  taskSchema,
  type VolumeMount,
} from '../../../shared/task/task.ts';

function task(steps: unknown[], rest: object = {}): unknown {
  return {
    apiVersion: 'api.practice.com/v1alpha1',
    kind: 'Task',
    metadata: { name: 'demo' },
    spec: { steps, ...rest },
  };
}

function step(rest: object = {}): object {
  return { name: 'one', image: 'busybox', ...rest };
}

function pathsOf(value: unknown): string[] {
  const { error } = taskSchema.safeParse(value);
  return (error?.issues ?? []).map(({ path }) => path.join('.'));
}

it('passes a Task with every field of a container through untouched', async () => {
  const text = await readFile(new URL('../fixtures/every-field.yaml', import.meta.url), 'utf8');
  const value: unknown = parse(text);
  expect(taskSchema.parse(value)).toStrictEqual(value);
});

it('has every field of the Kubernetes 1.36 container in that fixture', async () => {
  const text = await readFile(new URL('../fixtures/every-field.yaml', import.meta.url), 'utf8');
  const [first] = taskSchema.parse(parse(text)).spec.steps;
  const { script: _script, timeout: _timeout, onError: _onError, retries: _retries, ...fields } = first ?? {};
  expect(Object.keys(fields).toSorted()).toEqual(
    [...Object.keys(containerSchema.shape), 'fieldOfALaterKubernetes'].toSorted(),
  );
  expect(Object.keys(containerSchema.shape)).toHaveLength(25);
});

it.each([
  ['a name in capitals', { name: 'One' }, 'spec.steps.0.name'],
  ['a name of 64 characters', { name: 'a'.repeat(64) }, 'spec.steps.0.name'],
  ['a name with a dot', { name: 'a.b' }, 'spec.steps.0.name'],
  ['the name of the init container', { name: 'install-agent' }, 'spec.steps.0.name'],
  ['an empty image', { image: '' }, 'spec.steps.0.image'],
  ['a number among the args', { args: ['a', 5] }, 'spec.steps.0.args.1'],
  ['a script that is a list', { script: ['echo'] }, 'spec.steps.0.script'],
  ['a variable without a name', { env: [{ name: '' }] }, 'spec.steps.0.env.0.name'],
  ['a variable with "=" in its name', { env: [{ name: 'A=B' }] }, 'spec.steps.0.env.0.name'],
  ['a variable that is a number', { env: [{ name: 'A', value: 1 }] }, 'spec.steps.0.env.0.value'],
  [
    'a secret reference without a key',
    { env: [{ name: 'A', valueFrom: { secretKeyRef: { name: 's' } } }] },
    'spec.steps.0.env.0.valueFrom.secretKeyRef.key',
  ],
  ['a port past the last', { ports: [{ containerPort: 65_536 }] }, 'spec.steps.0.ports.0.containerPort'],
  [
    'a protocol in small letters',
    { ports: [{ containerPort: 1, protocol: 'tcp' }] },
    'spec.steps.0.ports.0.protocol',
  ],
  ['an amount that is none', { resources: { limits: { cpu: '5 m' } } }, 'spec.steps.0.resources.limits.cpu'],
  [
    'a fraction that is no string',
    { resources: { requests: { cpu: 0.5 } } },
    'spec.steps.0.resources.requests.cpu',
  ],
  [
    'a user that is a name',
    { securityContext: { runAsUser: 'root' } },
    'spec.steps.0.securityContext.runAsUser',
  ],
  [
    'seconds with a fraction',
    { livenessProbe: { exec: { command: ['a'] }, periodSeconds: 1.5 } },
    'spec.steps.0.livenessProbe.periodSeconds',
  ],
  [
    'more seconds than an int32',
    { livenessProbe: { exec: { command: ['a'] }, periodSeconds: 2 ** 31 } },
    'spec.steps.0.livenessProbe.periodSeconds',
  ],
  [
    'a port to probe that is a list',
    { startupProbe: { tcpSocket: { port: [] } } },
    'spec.steps.0.startupProbe.tcpSocket.port',
  ],
  ['a signal without SIG', { lifecycle: { stopSignal: 'TERM' } }, 'spec.steps.0.lifecycle.stopSignal'],
  ['a policy nobody knows', { imagePullPolicy: 'Sometimes' }, 'spec.steps.0.imagePullPolicy'],
])('refuses a step with %s', (_, fields, path) => {
  expect(pathsOf(task([step(fields)]))).toEqual([path]);
});

it.each([
  '/taskflow',
  '/taskflow/',
  '//taskflow/bin',
  '/taskflow/run/1',
  'taskflow',
  '/etc/podinfo',
  '/a/../taskflow/./x',
])('refuses to mount a volume at %s, which taskflow uses', (mountPath) => {
  const steps = [step({ volumeMounts: [{ name: 'v', mountPath }] })];
  expect(pathsOf(task(steps, { volumes: [{ name: 'v' }] }))).toEqual([
    'spec.steps.0.volumeMounts.0.mountPath',
  ]);
});

it.each(['/taskflows', '/etc', '/etc/podinfo2', '/data/taskflow'])(
  'lets a volume be mounted at %s',
  (mountPath) => {
    const steps = [step({ volumeMounts: [{ name: 'v', mountPath }] })];
    expect(pathsOf(task(steps, { volumes: [{ name: 'v' }] }))).toEqual([]);
  },
);

it.each([
  ['a second step of the same name', task([step(), step()]), ['spec.steps.1.name']],
  [
    'a second volume of the same name',
    task([step()], { volumes: [{ name: 'v' }, { name: 'v' }] }),
    ['spec.volumes.1.name'],
  ],
  ['the volume name podinfo', task([step()], { volumes: [{ name: 'podinfo' }] }), ['spec.volumes.0.name']],
  [
    'a volume name that begins with taskflow-',
    task([step()], { volumes: [{ name: 'taskflow-x' }] }),
    ['spec.volumes.0.name'],
  ],
  [
    'a mount of a volume that is not there, and a wrong type elsewhere',
    task([step({ tty: 'no', volumeMounts: [{ name: 'gone', mountPath: '/x' }] })]),
    ['spec.steps.0.tty', 'spec.steps.0.volumeMounts.0.name'],
  ],
  [
    'a device of a volume that is not there',
    task([step({ volumeDevices: [{ name: 'gone', devicePath: '/dev/x' }] })]),
    ['spec.steps.0.volumeDevices.0.name'],
  ],
  [
    'volumes that are no list, without a complaint about every mount',
    task([step({ volumeMounts: [{ name: 'v', mountPath: '/x' }] })], { volumes: {} }),
    ['spec.volumes'],
  ],
  ['no steps', task([]), ['spec.steps']],
  ['steps that are no list', { ...Object(task([])), spec: { steps: 'none' } }, ['spec.steps']],
  ['a field of the spec that does not exist', task([step()], { stages: [] }), ['spec']],
])('refuses a Task with %s', (_, value, paths) => {
  expect(pathsOf(value)).toEqual(paths);
});

it('takes as many steps as it says and not one more', () => {
  const steps = Array.from({ length: MAX_STEPS + 1 }, (_, index) => step({ name: `s${index}` }));
  expect(pathsOf(task(steps.slice(1)))).toEqual([]);
  expect(pathsOf(task(steps))).toEqual(['spec.steps']);
});

it('has a description on every field, for kubectl explain', () => {
  const bare: string[] = [];
  const visit = (path: string, schema: unknown): void => {
    if (typeof schema !== 'object' || schema === null) return;
    const properties: unknown = Reflect.get(schema, 'properties');
    for (const [name, property] of Object.entries(properties ?? {})) {
      if (typeof Reflect.get(Object(property), 'description') !== 'string') bare.push(`${path}.${name}`);
      visit(`${path}.${name}`, property);
    }
    visit(`${path}[]`, Reflect.get(schema, 'items'));
    visit(`${path}{}`, Reflect.get(schema, 'additionalProperties'));
  };
  const json = z.toJSONSchema(taskSchema, { target: 'openapi-3.0', io: 'input', unrepresentable: 'any' });
  visit('', json);
  expect(bare).toEqual([]);
  expect(json).toHaveProperty(
    'properties.spec.properties.steps.items.properties.env.items.properties.valueFrom',
  );
});

// The compiler checks the types, in `tsc -p test`.
it('has types without an index signature', () => {
  const read = taskSchema.parse(task([step({ command: ['a', 'b'] })]));
  expect(read.spec.steps[0]?.command?.length).toBe(2);
  expectTypeOf<keyof Step>().toEqualTypeOf<
    | keyof typeof containerSchema.shape
    | (
        | 'script'
        | 'timeout'
        | 'onError'
        | 'retries'
        | 'after'
        | 'results'
        | 'when'
        | 'pause'
        | 'retryDelay'
        | 'gracePeriod'
        | 'stdout'
        | 'stderr'
        | 'workspaces'
      )
  >();
  expectTypeOf<Step['command']>().toEqualTypeOf<string[] | undefined>();
  expectTypeOf<Step['env']>().toEqualTypeOf<EnvVar[] | undefined>();
  expectTypeOf<keyof VolumeMount>().not.toEqualTypeOf<string>();
  expectTypeOf<Task['metadata']['name']>().toEqualTypeOf<string | undefined>();
  expectTypeOf<z.input<typeof taskSchema>>().toEqualTypeOf<Task>();
});
