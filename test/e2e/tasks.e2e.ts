import { describe, expect, it } from 'vitest';
import { EVENTS, PODS, TASKS, type KubeObject } from '../../controller/runtime/objects.ts';
import { waitUntil } from '../support/wait-until.ts';
import { IMAGE, PULL } from './cluster-images.ts';
import { found, useCluster } from './cluster.ts';
import { sh, states } from './steps.ts';

const cluster = useCluster(['--image-pull-patience', '3s']);

describe.concurrent('a Task', () => {
  it('runs its steps in the order written, whatever they are called', async () => {
    const names = ['z', 'a', 'm', 'step10', 'step2'];
    const task = await cluster.apply({
      volumes: [{ name: 'work', emptyDir: {} }],
      steps: names
        .map((name) =>
          sh(name, `echo ${name} >>/data/order`, { volumeMounts: [{ name: 'work', mountPath: '/data' }] }),
        )
        .concat(
          sh('check', `test "$(tr '\\n' ' ' </data/order)" = "${names.join(' ')} "`, {
            volumeMounts: [{ name: 'work', mountPath: '/data' }],
          }),
        ),
    });
    const status = await cluster.ended(task);
    expect(status).toMatchObject({ status: 'Successful', step: '6/6' });
    expect(states(status)).toEqual([...names, 'check'].map((name) => `${name} Succeeded`));
    expect(status.conditions).toMatchObject([{ type: 'Complete', status: 'True' }]);
  });

  it('fails with the step and its code, and runs nothing behind it', async () => {
    const status = await cluster.ended(
      await cluster.apply({ steps: [sh('a', 'true'), sh('b', 'exit 42'), sh('c', 'true')] }),
    );
    expect(status).toMatchObject({
      status: 'Failure',
      reason: 'StepFailed',
      message: 'step 2 (b) failed: exit code 42',
    });
    expect(states(status)).toEqual(['a Succeeded', 'b Failed', 'c Skipped']);
    expect(status.conditions).toMatchObject([{ type: 'Failed', status: 'True' }]);
  });

  it('fails when its last step does', async () => {
    const status = await cluster.ended(await cluster.apply({ steps: [sh('a', 'true'), sh('b', 'exit 3')] }));
    expect(status).toMatchObject({ status: 'Failure', message: 'step 2 (b) failed: exit code 3' });
  });

  it('runs scripts, retries, goes on after failures that may be, and stops steps at their timeout', async () => {
    const task = await cluster.apply({
      steps: [
        {
          name: 'script',
          image: IMAGE,
          imagePullPolicy: PULL,
          script: 'test "$0" = /taskflow/scripts/script',
        },
        sh('retry', 'test -e /tmp/again || { touch /tmp/again; exit 1; }', { retries: 1 }),
        sh('may', 'exit 7', { onError: 'continue' }),
        sh('slow', 'sleep 60', { timeout: '500ms' }),
      ],
    });
    const status = await cluster.ended(task);
    expect(states(status)).toEqual(['script Succeeded', 'retry Succeeded', 'may Continued', 'slow TimedOut']);
    expect(status).toMatchObject({ status: 'Failure', reason: 'StepTimedOut' });
    expect(status.steps?.[1]?.attempts).toBe(2);
    expect(status.steps?.[2]?.exitCode).toBe(7);
  });

  it('goes step by step when the controller hands off', async () => {
    const task = await cluster.apply({
      handOff: 'Controller',
      steps: [sh('a', 'true'), sh('b', 'true'), sh('c', 'true')],
    });
    expect(await cluster.ended(task)).toMatchObject({ status: 'Successful', order: 3, gate: 2 });
  });

  it('has sidecars, a pod template and a step template', async () => {
    const task = await cluster.apply({
      volumes: [{ name: 'work', emptyDir: {} }],
      sidecars: [
        {
          name: 'server',
          image: IMAGE,
          imagePullPolicy: PULL,
          command: ['sh', '-c', 'echo up >/data/up; exec sleep 3600'],
          volumeMounts: [{ name: 'work', mountPath: '/data' }],
        },
      ],
      stepTemplate: {
        image: IMAGE,
        imagePullPolicy: PULL,
        env: [{ name: 'WHO', value: 'you' }],
        volumeMounts: [{ name: 'work', mountPath: '/data' }],
      },
      podTemplate: {
        metadata: { labels: { team: 'ci' } },
        securityContext: { fsGroup: 1234 },
        terminationGracePeriodSeconds: 1,
      },
      steps: [
        {
          name: 'a',
          command: [
            'sh',
            '-c',
            'until test -e /data/up; do sleep 0.1; done; test "$WHO" = you; id | grep 1234',
          ],
        },
      ],
    });
    expect(await cluster.ended(task)).toMatchObject({ status: 'Successful' });
    expect((await cluster.podOf(task))?.metadata.labels).toMatchObject({ team: 'ci' });
  });

  it('pauses and goes on', async () => {
    const task = await cluster.apply({ steps: [sh('a', 'sleep 3'), sh('b', 'true')] });
    await cluster.until(task, 'runs', ({ status }) => status === 'Running');
    await cluster.change(task, { suspend: true });
    const paused = await cluster.until(task, 'is paused', ({ status }) => status === 'Paused');
    expect(paused.status && states(paused.status)).toEqual(['a Succeeded', 'b Waiting']);
    await cluster.change(task, { suspend: false });
    expect(await cluster.ended(task)).toMatchObject({ status: 'Successful' });
  });

  it('created suspended makes no pod until it may begin', async () => {
    const task = await cluster.apply({ suspend: true, steps: [sh('a', 'true')] });
    await cluster.until(task, 'is paused', ({ status }) => status === 'Paused');
    expect(await cluster.podOf(task)).toBeUndefined();
    await cluster.change(task, { suspend: false });
    expect(await cluster.ended(task)).toMatchObject({ status: 'Successful' });
  });

  it('is cancelled, which its running step hears', async () => {
    const task = await cluster.apply({
      steps: [sh('a', 'trap "exit 0" TERM; sleep 60 & wait'), sh('b', 'true')],
    });
    await cluster.until(task, 'runs', ({ status }) => status === 'Running');
    await cluster.change(task, { cancel: true });
    const status = await cluster.ended(task);
    expect(status).toMatchObject({ status: 'Cancelled', reason: 'Cancelled' });
    expect(states(status)).toEqual(['a Cancelled', 'b Cancelled']);
  });

  it('is stopped when its time is up', async () => {
    const status = await cluster.ended(
      await cluster.apply({ timeout: '3s', steps: [sh('a', 'sleep 60'), sh('b', 'true')] }),
    );
    expect(status).toMatchObject({ status: 'Failure', reason: 'TimedOut' });
    expect(status.message).toContain('step 1 (a) was running');
  });

  it('is deleted after its time to live, and its pod with it', async () => {
    const task = await cluster.apply({ ttlSecondsAfterFinished: 1, steps: [sh('a', 'true')] });
    await waitUntil('the Task is gone', async () => (await found(cluster.get(task))) === undefined, 60_000);
    await waitUntil('and its pod', async () => (await cluster.podOf(task)) === undefined, 60_000);
  });

  it('takes its pod with it when it is deleted', async () => {
    const task = await cluster.apply({
      steps: [sh('a', 'sleep 60', { terminationMessagePath: '/tmp/t' })],
      podTemplate: { terminationGracePeriodSeconds: 1 },
    });
    await cluster.until(task, 'runs', ({ status }) => status === 'Running');
    await cluster.client.delete(TASKS, { namespace: cluster.namespace, name: task.metadata.name });
    await waitUntil('its pod is gone', async () => (await cluster.podOf(task)) === undefined, 90_000);
  });

  it('runs nothing when the pod of a finished one is deleted', async () => {
    const task = await cluster.apply({ steps: [sh('a', 'true')] });
    const before = await cluster.ended(task);
    const { metadata } = (await cluster.podOf(task)) ?? {};
    await cluster.client.delete(PODS, { namespace: cluster.namespace, name: metadata?.name ?? '' });
    await waitUntil('the pod is gone', async () => (await cluster.podOf(task)) === undefined, 60_000);
    const other = await cluster.apply({ steps: [sh('a', 'true')] });
    await cluster.ended(other);
    expect(await cluster.podOf(task)).toBeUndefined();
    expect((await cluster.get(task)).status).toEqual(before);
  });

  it('fails when its pod is deleted under it', async () => {
    const task = await cluster.apply({
      steps: [sh('a', 'sleep 60'), sh('b', 'true')],
      podTemplate: { terminationGracePeriodSeconds: 2 },
    });
    await cluster.until(task, 'runs', ({ status }) => status === 'Running');
    const { metadata } = (await cluster.podOf(task)) ?? {};
    await cluster.client.delete(PODS, { namespace: cluster.namespace, name: metadata?.name ?? '' });
    expect(await cluster.ended(task)).toMatchObject({ status: 'Failure', reason: 'PodDeleted' });
  });

  it('tells its way in events', async () => {
    const task = await cluster.apply({ steps: [sh('a', 'true')] });
    await cluster.ended(task);
    const reasons = await waitUntil('all events are there', async () => {
      const { items } = await cluster.client.list<
        KubeObject & { reason?: string; regarding?: { uid?: string } }
      >(EVENTS, { namespace: cluster.namespace });
      const own = items
        .filter(({ regarding }) => regarding?.uid === task.metadata.uid)
        .map(({ reason }) => reason);
      return own.length >= 3 ? own : undefined;
    });
    expect(new Set(reasons)).toEqual(new Set(['Created', 'Started', 'Finished']));
  });
});
