/** Tasks as a server takes them: which it refuses, and what they cost it. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { isMadeAs } from '../../../controller/adopt.ts';
import { type KubeObject } from '../../../controller/runtime/objects.ts';
import { TASK_DEFINITION } from '../../../shared/crd/crd.ts';
import { podOf } from '../../../shared/pod/pod.ts';
import { API_VERSION } from '../../../shared/task/api.ts';
import {
  MAX_AFTER,
  MAX_AFTER_TOTAL,
  MAX_CONDITIONS,
  MAX_MOUNTS,
  MAX_PARAMS,
  MAX_SIDECARS,
  MAX_STEP_RESULTS,
  MAX_STEPS,
  MAX_TASK_RESULTS,
  MAX_VALUES,
  MAX_VOLUMES,
  MAX_WORKSPACES,
} from '../../../shared/task/limits.ts';
import { InvalidParamsError } from '../../../shared/task/references/fill.ts';
import { type Task } from '../../../shared/task/task.ts';
import { waitUntil } from '../../support/wait-until.ts';
import { LATE_SPECS, REFUSED_SPECS } from '../../shared/fixtures/bad-specs.ts';
import { causesOf } from './things.ts';
import { fresh, useTarget } from './target.ts';

const target = useTarget();

const DEFINITIONS = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';
// A group of the file's own: the server may be one that has Tasks already.
const group = `${fresh('g')}.contract.taskflow.test`;
const path = (): string => `/apis/${group}/v1alpha1/namespaces/${target().namespace}/tasks`;
const taskOf = (spec: object, name = fresh()): object => ({
  apiVersion: `${group}/v1alpha1`,
  kind: 'Task',
  metadata: { name },
  spec,
});

beforeAll(async () => {
  const text = JSON.stringify(TASK_DEFINITION).replaceAll('tasks.api.practice.com', `tasks.${group}`);
  const definition = JSON.parse(text) as { spec: { group: string } };
  definition.spec.group = group;
  const { talk } = target();
  await talk.object('POST', DEFINITIONS, { body: definition });
  await waitUntil('Tasks are served', async () => (await talk.ask('GET', path())).code === 200);
});
afterAll(async () => {
  await target().talk.ask('DELETE', `${DEFINITIONS}/tasks.${group}`);
});

const many = <Item>(count: number, item: (index: number) => Item): Item[] =>
  Array.from({ length: count }, (_, index) => item(index));

/** The largest of each kind. */
const LARGEST: Record<string, (count: number) => object> = {
  steps: (count) => ({ steps: many(count, stepOf) }),
  // The longest names, here and below: what comparing them costs a rule is limited, too.
  sidecars: (count) => ({
    steps: many(count, longOf),
    sidecars: many(MAX_SIDECARS, (index) => ({ name: long(1000 + index), image: 'b' })),
  }),
  mounts: (count) => ({
    // The last of the volumes, so that each is looked for among all.
    steps: many(count, (index) => ({
      ...stepOf(index),
      volumeMounts: many(MAX_MOUNTS, (at) => ({ name: `v${MAX_VOLUMES - 1}`, mountPath: `/m${at}` })),
    })),
    volumes: many(MAX_VOLUMES, (index) => ({ name: `v${index}`, emptyDir: {} })),
  }),
  'steps of finally': (count) => ({
    steps: many(count / 2, longOf),
    finally: many(count / 2, (index) => longOf(count + index)),
    sidecars: many(MAX_SIDECARS, (index) => ({ name: long(1000 + index), image: 'b' })),
  }),
  predecessors: (count) => ({
    steps: many(count, (index) => ({
      ...longOf(index),
      after: index < count - MAX_AFTER_TOTAL / MAX_AFTER ? [] : many(MAX_AFTER, long),
    })),
  }),
  params: (count) => ({
    params: many(MAX_PARAMS, (index) => ({
      name: `p${index}`,
      type: 'string',
      default: 'v0',
      value: 'v1',
      enum: many(MAX_VALUES, (at) => `v${at}`),
    })),
    steps: many(count, (index) => ({ ...stepOf(index), args: [`$(params.p${index % MAX_PARAMS})`] })),
  }),
  workspaces: (count) => ({
    workspaces: many(MAX_WORKSPACES, (index) => ({ name: `w${index}` })),
    steps: many(count, (index) => ({
      ...stepOf(index),
      workspaces: many(MAX_WORKSPACES, (at) => ({ name: `w${at}`, readOnly: true, subPath: 'a/b' })),
    })),
  }),
  results: (count) => ({
    steps: many(count, (index) => ({
      ...stepOf(index),
      results: many(MAX_STEP_RESULTS, (at) => `r${at}`),
    })),
    results: many(MAX_TASK_RESULTS, (at) => ({ name: `r${at}`, value: `$(steps.s${at}.results.r0)` })),
  }),
  conditions: (count) => ({
    steps: many(count, (index) => ({
      ...stepOf(index),
      when: many(MAX_CONDITIONS, () => ({ input: 'a', operator: 'in', values: ['a'] })),
    })),
  }),
  'everything that has a rule': (count) => ({
    timeout: '1h',
    steps: many(count, (index) => ({ ...stepOf(index), timeout: '1m', terminationMessagePath: '/tmp/x' })),
    podTemplate: { metadata: { labels: Object.fromEntries(many(256, (at) => [`l${at}`, 'x'])) } },
  }),
};

function long(index: number): string {
  return `s${index}`.padEnd(63, 'x');
}

function longOf(index: number): object {
  return { ...stepOf(index), name: long(index) };
}

function stepOf(index: number): object {
  return { name: `s${index}`, image: 'b', command: ['true'] };
}

describe('a Task', () => {
  test.each(REFUSED_SPECS)('is refused for $what', async ({ spec, rule }) => {
    const reply = await target().talk.ask('POST', `${path()}?dryRun=All`, { body: taskOf(spec) });
    expect(reply.code).toBe(422);
    if (rule !== undefined)
      expect(causesOf(reply).map(({ message }) => message)).toEqual([expect.stringContaining(rule)]);
  });

  test.each(LATE_SPECS)('is taken with $what, and refused as its pod is made', async ({ spec }) => {
    const reply = await target().talk.ask('POST', `${path()}?dryRun=All`, { body: taskOf(spec) });
    expect(reply.code).toBe(201);
    const task = { ...taskOf(spec), metadata: { name: 'a', uid: 'u' } } as Task;
    expect(() => podOf(task, { agentImage: 'agent' })).toThrow(InvalidParamsError);
  });

  test.each(Object.entries(LARGEST))('may have the most %s', async (_, largest) => {
    const body = taskOf(largest(MAX_STEPS));
    const { code, body: said } = await target().talk.ask('POST', `${path()}?dryRun=All`, { body });
    expect({ code, said: said['message'] }).toEqual({ code: 201, said: undefined });
  });

  test.each(['steps', 'sidecars', 'volumes'])('keeps the order of its %s', async (list) => {
    const { talk } = target();
    const items = ['a', 'b', 'c'].map((name) => ({ name, ...(list !== 'volumes' && { image: 'b' }) }));
    const name = fresh();
    const spec = { steps: [stepOf(0)], [list]: items };
    const made = await talk.object('POST', path(), { body: taskOf(spec, name) });
    const body = { ...made, spec: { ...spec, [list]: items.toReversed() } };
    const reply = await talk.ask('PUT', `${path()}/${name}`, { body });
    expect(causesOf(reply).map(({ message }) => message)).toEqual([
      expect.stringContaining(`spec.${list} cannot be changed`),
    ]);
  });
});

describe('a pod', () => {
  test.each([
    { what: 'of one step', spec: { steps: [stepOf(0)] } },
    {
      what: 'with a token and everything of a step',
      spec: {
        podTemplate: {
          automountServiceAccountToken: true,
          securityContext: { runAsUser: 1000 },
          tolerations: [{ key: 'k', operator: 'Exists' }],
          nodeSelector: { no: 'where' },
          imagePullSecrets: [{ name: 'p' }],
          hostAliases: [{ ip: '127.0.0.1', hostnames: ['db'] }],
        },
        volumes: [
          { name: 'v', emptyDir: {} },
          { name: 's', secret: { secretName: 's' } },
          { name: 'h', hostPath: { path: '/tmp' } },
          { name: 'd', downwardAPI: { items: [{ path: 'n', fieldRef: { fieldPath: 'metadata.name' } }] } },
          { name: 'p', projected: { sources: [{ serviceAccountToken: { path: 't' } }] } },
          { name: 'm', emptyDir: { medium: 'Memory', sizeLimit: '0.5Gi' } },
        ],
        sidecars: [{ name: 'c', image: 'b', ports: [{ containerPort: 80 }] }],
        steps: [
          {
            ...stepOf(0),
            env: [{ name: 'E' }, { name: 'N', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } }],
            livenessProbe: { httpGet: { port: 80 } },
            lifecycle: { preStop: { httpGet: { port: 80 } } },
            ports: [{ containerPort: 80 }],
            resources: { requests: { cpu: '0.5', memory: '64Mi' }, limits: { cpu: 1 } },
            volumeMounts: [{ name: 'v', mountPath: '/v', readOnly: false }],
          },
        ],
      },
    },
    {
      what: 'with a script, another user and a limit of time',
      spec: {
        timeout: '1h',
        podTemplate: { terminationGracePeriodSeconds: 5, shareProcessNamespace: true },
        steps: [{ name: 'a', image: 'b', script: 'true', securityContext: { runAsUser: 0 }, stdin: true }],
      },
    },
  ])('$what is known again as it comes back', async ({ spec }) => {
    const { talk, core, namespace } = target();
    const name = fresh();
    const task = {
      ...taskOf(spec, name),
      apiVersion: API_VERSION,
      metadata: { name, namespace, uid: 'u-1' },
    } as Task;
    const made = podOf(task, { agentImage: 'a' });
    // Of no Task that is there: it would be collected.
    const body = { ...made, metadata: { ...made.metadata, ownerReferences: [] } };
    const found = await talk.object('POST', core('pods'), { body });
    const owned = {
      ...found,
      metadata: { ...found.metadata, ownerReferences: made.metadata.ownerReferences },
    };
    expect(isMadeAs(made, owned as KubeObject)).toBe(true);
    await talk.ask('DELETE', `${core('pods')}/${made.metadata.name}`);
  });
});

// Only a real server costs what a real server costs.
describe.skipIf((process.env['KUBECONFIG'] ?? '') === '')('a server', { timeout: 300_000 }, () => {
  /** CPU seconds of the server so far. */
  const spent = async (): Promise<number> => {
    const text = await target().talk.text('/metrics');
    return Number(/^process_cpu_seconds_total (.*)$/m.exec(text)?.[1]);
  };
  /** What each request costs at least, by turns: others may ask the server meanwhile, and never make it cheaper. */
  const costs = async (...requests: (() => Promise<unknown>)[]): Promise<number[]> => {
    const least = requests.map(() => Infinity);
    for (let sample = 0; sample < 5; sample++) {
      for (const [index, ask] of requests.entries()) {
        const before = await spent();
        for (let time = 0; time < 2; time++) await ask();
        least[index] = Math.min(least[index] ?? Infinity, ((await spent()) - before) / 2);
      }
    }
    return least;
  };

  test.each(Object.entries(LARGEST))('pays at most 5 × the pod for the most %s', async (_, largest) => {
    const { talk, core } = target();
    const spec = largest(MAX_STEPS);
    const task = { ...taskOf(spec), apiVersion: API_VERSION } as Task;
    const pod = { ...podOf(task, { agentImage: 'a' }), metadata: { name: 'p' } };
    const [forPod = 0, forTask = 0] = await costs(
      () => talk.object('POST', `${core('pods')}?dryRun=All`, { body: pod }),
      () => talk.object('POST', `${path()}?dryRun=All`, { body: taskOf(spec) }),
    );
    expect(forTask / forPod, `${forTask} s for the Task, ${forPod} s for the pod`).toBeLessThan(5);
  });

  test('pays at most half a second for a status of the most steps', async () => {
    const { talk } = target();
    const name = fresh();
    await talk.object('POST', path(), { body: taskOf({ steps: many(MAX_STEPS, stepOf) }, name) });
    let over = 0;
    const body = (): object => ({
      status: {
        steps: many(MAX_STEPS, (index) => ({
          name: `s${index}`,
          state: index < over ? 'Succeeded' : 'Waiting',
          imageID: `registry.example/b@sha256:${'a'.repeat(64)}`,
          message: 'x'.repeat(256),
          // A pod has 12 KiB for what its containers say.
          results: [{ name: 'r', value: 'v'.repeat(96) }],
        })),
      },
    });
    const type = 'application/merge-patch+json';
    const [patched] = await costs(() => {
      over++;
      return talk.object('PATCH', `${path()}/${name}/status`, { body: body(), type });
    });
    expect(patched).toBeLessThan(0.5);
  });
});
