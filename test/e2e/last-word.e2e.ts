/** What is told of a Task whose containers die, whose pod somebody changes by hand, or which is stopped before it began. */
import { describe, expect, it } from 'vitest';
import { PODS } from '../../controller/runtime/objects.ts';
import { type StoredTask } from '../../controller/stored-task.ts';
import { ORDER_ANNOTATION } from '../../shared/pod/pod.ts';
import { type Task } from '../../shared/task/task.ts';
import { waitUntil } from '../support/wait-until.ts';
import { IMAGE, PULL } from './cluster-images.ts';
import { useCluster } from './cluster.ts';
import { sh, states } from './steps.ts';

const cluster = useCluster(['--image-pull-patience', '3s']);
/** Where nothing ends a Task but what a test does. */
const patient = useCluster(['--image-pull-patience', '1h']);

/** An image that no node has. */
const NOWHERE = { image: 'localhost/no-such-image:1', imagePullPolicy: 'Never' } as const;

describe.concurrent('the container of a step that waits for its turn dies', () => {
  // The steps see each other's processes, so that the first can kill the agent of the last.
  const kill =
    'for p in /proc/[0-9]*; do grep -q VICTIM=c $p/environ 2>/dev/null && kill -9 ${p#/proc/}; done';
  const spec = (onError: 'stop' | 'continue'): Task['spec'] => ({
    podTemplate: { shareProcessNamespace: true },
    steps: [
      sh('a', `until ${kill} && false; do sleep 0.2; [ $((i=i+1)) -gt 25 ] && break; done; true`),
      sh('b', 'true'),
      sh('c', 'true', { env: [{ name: 'VICTIM', value: 'c' }], onError }),
    ],
  });

  it('which ends the Task, with this step as its reason', async () => {
    const status = await cluster.ended(await cluster.apply(spec('stop')));
    expect(status).toMatchObject({ status: 'Failure', reason: 'StepFailed' });
    expect(status.message).toContain('step 3 (c) failed');
    expect(status.steps?.[2]).toMatchObject({ state: 'Failed', exitCode: 137 });
    expect(status.steps?.[2]?.message).toContain('before its turn came; it never began');
  });

  it('which is told where it may fail', async () => {
    const status = await cluster.ended(await cluster.apply(spec('continue')));
    expect(status).toMatchObject({
      status: 'Successful',
      message: '2 of 3 steps succeeded, 1 continued after a failure',
    });
    expect(status.steps?.[2]?.message).toContain('before its turn came; it never began');
  });
});

describe.concurrent('what never starts is named', () => {
  it.each<[string, Task['spec'], RegExp, readonly string[]]>([
    [
      'a sidecar whose program is missing',
      {
        sidecars: [{ name: 'beside', image: IMAGE, imagePullPolicy: PULL, command: ['/no/such/program'] }],
        steps: [sh('a', 'true')],
      },
      /^(RunContainerError|CreateContainerError|CrashLoopBackOff)$/,
      ['sidecar beside cannot start'],
    ],
    [
      'a ConfigMap that is missing, in a volume',
      {
        volumes: [{ name: 'settings', configMap: { name: 'none' } }],
        steps: [sh('a', 'true'), sh('b', 'true', { volumeMounts: [{ name: 'settings', mountPath: '/x' }] })],
      },
      /^FailedMount$/,
      [
        'volume settings of step 2 (b) cannot be mounted',
        'configmap "none" not found',
        'create the ConfigMap none',
      ],
    ],
    [
      'a key that a Secret does not have, in a volume',
      {
        volumes: [
          { name: 'token', configMap: { name: 'kube-root-ca.crt', items: [{ key: 'none', path: 'none' }] } },
        ],
        steps: [sh('a', 'true', { volumeMounts: [{ name: 'token', mountPath: '/x' }] })],
      },
      /^FailedMount$/,
      ['volume token of step 1 (a) cannot be mounted', 'add the key, or correct items'],
    ],
  ])('%s', async (_, spec, reason, words) => {
    const task = await cluster.apply(spec);
    const found = await cluster.until(task, 'says why', (each) => reason.test(each.reason ?? ''));
    const { status = {} } = found;
    for (const word of words) expect(status.message).toContain(word);
    expect(JSON.stringify(status)).not.toContain('DeadlineExceeded');
  });
});

describe.concurrent('a Task whose volume is missing', () => {
  const spec = {
    volumes: [{ name: 'settings', configMap: { name: 'none' } }],
    steps: [sh('a', 'true'), sh('b', 'true', { volumeMounts: [{ name: 'settings', mountPath: '/x' }] })],
  };
  const never = { state: expect.stringMatching(/Cancelled|Skipped|Error/) as string };

  it.each<[string, typeof cluster, { cancel?: true }, object]>([
    ['is cancelled', patient, { cancel: true }, { status: 'Cancelled', message: 'spec.cancel is true' }],
    ['is given up', cluster, {}, { status: 'Failure', reason: 'FailedMount' }],
  ])('is over, and sure of it, when it %s', async (_, on, change, ends) => {
    const task = await on.apply(spec);
    await on.until(task, 'has a pod', ({ podName }) => podName !== undefined);
    if (change.cancel === true) await on.change(task, change);
    const status = await on.ended(task);
    expect(status).toMatchObject({ ...ends, steps: [never, never] });
    expect(JSON.stringify(status)).not.toMatch(/has not confirmed|not known|PodDeleted/);
  });
});

describe.concurrent('a Task that is stopped before all its steps could begin', () => {
  const neverEnds = { steps: [sh('a', 'true'), sh('b', 'true', NOWHERE), sh('c', 'true')] };
  it.each<[string, Task['spec'], object, typeof cluster, { cancel?: boolean }]>([
    ['by a person', neverEnds, { status: 'Cancelled', reason: 'Cancelled' }, patient, { cancel: true }],
    [
      'by its time limit',
      { ...neverEnds, timeout: '20s' },
      { status: 'Failure', reason: 'TimedOut' },
      patient,
      {},
    ],
    [
      'by an image that never came',
      neverEnds,
      { status: 'Failure', reason: 'ErrImageNeverPull' },
      cluster,
      {},
    ],
  ])('%s says so of each, and speaks of no deadline', async (_, spec, ends, on, change) => {
    const task = await on.apply(spec);
    if (change.cancel === true) {
      await on.until(task, 'cannot get on', ({ reason }) => reason === 'ErrImageNeverPull');
      await on.change(task, change);
    }
    const status = await on.ended(task);
    expect(status).toMatchObject(ends);
    expect(JSON.stringify(status)).not.toContain('DeadlineExceeded');
    // The first ended by itself; the others never began, and none of them is left open.
    expect(states(status)[0]).toBe('a Succeeded');
    for (const { state, startedAt } of status.steps?.slice(1) ?? []) {
      expect(state).toMatch(/^(Cancelled|Skipped|Error)$/);
      expect(startedAt).toBeUndefined();
    }
  });
});

describe.concurrent('what a person does to the pod by hand', () => {
  const steps = [sh('a', 'sleep 15'), sh('b', 'true')];
  const change = async (task: StoredTask, metadata: object): Promise<void> => {
    const name = (await cluster.podOf(task))?.metadata.name ?? '';
    const at = { namespace: cluster.namespace, name };
    await cluster.client.patch(PODS, at, { type: 'merge', body: { metadata } });
  };

  it.each<[string, object]>([
    [
      'garbage in the annotation that says why it was stopped',
      { annotations: { 'api.practice.com/stop': '{' } },
    ],
    ['garbage as the order', { annotations: { [ORDER_ANNOTATION]: 'x' } }],
    ['its labels taken away', { labels: null }],
    ['its owner taken away', { ownerReferences: null }],
    ['both taken away', { labels: null, ownerReferences: null }],
  ])('%s: ends nothing, and is put right', async (_, metadata) => {
    const task = await cluster.apply({ steps });
    await cluster.until(task, 'runs', ({ status }) => status === 'Running');
    await change(task, metadata);
    const status = await cluster.ended(task);
    expect(status).toMatchObject({ status: 'Successful', step: '2/2' });
    await waitUntil('the pod is the Task’s', async () => {
      const pod = await cluster.podOf(task);
      return pod?.metadata.labels !== undefined && pod.metadata.ownerReferences?.length === 1;
    });
  });

  it.each(['-5', '0', 'three'])('a gate of %s holds it, and it says how it is let go', async (gate) => {
    const task = await cluster.apply({ steps });
    await cluster.until(task, 'runs', ({ status }) => status === 'Running');
    await change(task, { annotations: { 'api.practice.com/gate': gate } });
    const { status } = await cluster.until(task, 'is held', (each) => each.status === 'Paused');
    expect(status?.message).toContain(`held by the gate of pod ${status?.podName}, "${gate}"`);
    expect(status && states(status)).toEqual(['a Succeeded', 'b Waiting']);
    await change(task, { annotations: { 'api.practice.com/gate': null } });
    expect(await cluster.ended(task)).toMatchObject({ status: 'Successful' });
  });
});
