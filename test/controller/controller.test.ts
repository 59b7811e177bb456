import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { CONFIG_MAPS, PODS, SECRETS, TASKS, type KubeObject } from '../../controller/runtime/objects.ts';
import { type ObservedPod } from '../../controller/pod.ts';
import { type StoredTask } from '../../controller/stored-task.ts';
import { Ends, startRegistry } from '../support/registry.ts';
import { Blobs } from '../support/images.ts';
import { waitUntil } from '../support/wait-until.ts';
import { failed, over, running, silent, waiting } from './builders.ts';
import { control, NAMESPACE, worldWith, type World } from './harness.ts';

const step = (name: string): { name: string; image: string; command: string[] } => ({
  name,
  image: 'busybox',
  command: ['true'],
});
const NAMES = ['z', 'a', 'm', 'step10', 'step2'];
const five = { steps: NAMES.map(step) };
const one = { steps: [step('a')] };

async function podsOf({ client }: World): Promise<ObservedPod[]> {
  return (await client.list<ObservedPod>(PODS, { namespace: NAMESPACE })).items;
}

/** Every write that was not the kubelet's, as `create pods 201`. */
function writes({ server }: World): string[] {
  return server.counts
    .all()
    .filter(({ verb, resource }) => /create|update|patch|delete/.test(verb) && resource !== 'pods/status')
    .flatMap(({ verb, resource, code, count }) =>
      Array.from({ length: count }, () => `${verb} ${resource} ${code}`),
    )
    .toSorted();
}

describe('a Task', () => {
  it('with a field that no pod has ends with its name, and with what was meant', async () => {
    const world = await worldWith();
    control(world);
    const misspelt: ReturnType<typeof step> = Object.assign(step('a'), { envs: [], workingdir: '/' });
    const task = await world.apply({ steps: [misspelt] });
    const { reason, message } = await world.until(task, 'Failure');
    expect(reason).toBe('InvalidPod');
    expect(message).toContain('unknown field "spec.containers[0].envs"');
    expect(message).toContain('spec.steps[0].envs: unknown field; did you mean "env"?');
    expect(message).toContain('spec.steps[0].workingdir: unknown field; did you mean "workingDir"?');
    expect(await podsOf(world)).toEqual([]);
  });

  it('costs six writes when its steps are quick, and none of them is in vain', async () => {
    const world = await worldWith();
    control(world);
    world.server.counts.reset();
    const task = await world.apply(five);
    await world.play(task, NAMES.map(running));
    await world.until(task, 'Running');
    await world.play(
      task,
      NAMES.map((name) => over(name)),
    );
    const steps = NAMES.map((name) => ({ name, state: 'Succeeded' }));
    expect(await world.until(task, 'Successful')).toMatchObject({ step: '5/5', steps });
    await waitUntil('all is told', async () => (await world.reasons(task)).length >= 3);
    expect((await world.reasons(task)).toSorted()).toEqual(['Created', 'Finished', 'Started']);
    expect(writes(world)).toEqual([
      ...[
        'create events.events.k8s.io 201',
        'create events.events.k8s.io 201',
        'create events.events.k8s.io 201',
      ],
      'create pods 201',
      'create tasks.api.practice.com 201',
      ...['patch tasks.api.practice.com/status 200', 'patch tasks.api.practice.com/status 200'],
    ]);
  });

  it('that is over is as it was, for a controller that keeps little of it, until it is to be deleted', async () => {
    const world = await worldWith();
    const stop = control(world);
    const task = await world.apply(one);
    await world.play(task, [over('a')]);
    await world.until(task, 'Successful');
    await waitUntil('all is told', async () => (await world.reasons(task)).length >= 3);
    await stop();
    const before = await world.task(task);
    control(world);
    world.server.counts.reset();
    await world.play(task, [over('a')], { phase: 'Succeeded' });
    // A Task that came later is over: so this one was looked at.
    const later = await world.apply(one);
    await world.play(later, [over('a')]);
    await world.until(later, 'Successful');
    expect(await world.task(task)).toEqual(before);
    await world.change(task, { ttlSecondsAfterFinished: 0 });
    await waitUntil('it is deleted', async () => (await world.task(task).catch(() => 'gone')) === 'gone');
  });

  it('whose status was taken away is judged by its whole pod again', async () => {
    const world = await worldWith();
    control(world);
    const task = await world.apply(one);
    await world.play(task, [over('a')]);
    const { steps } = await world.until(task, 'Successful');
    const ref = { namespace: NAMESPACE, name: task.metadata.name, subresource: 'status' };
    await world.client.patch(TASKS, ref, { type: 'json', body: [{ op: 'remove', path: '/status' }] });
    expect(await world.until(task, 'Successful')).toMatchObject({ steps: steps ?? [] });
    expect(await podsOf(world)).toHaveLength(1);
  });

  it('that is too large to be kept is read when it is looked at, and runs as any other', async () => {
    const world = await worldWith();
    control(world);
    const env = [{ name: 'LARGE', value: 'x'.repeat(100 * 1024) }];
    const task = await world.apply({ steps: [{ ...step('a'), env }] });
    const { spec } = await waitUntil('there is a pod', () => world.pod(task));
    expect(spec).toMatchObject({ containers: [{ env }] });
    await world.play(task, [running('a')]);
    await world.until(task, 'Running');
    await world.play(task, [over('a')]);
    expect(await world.until(task, 'Successful')).toMatchObject({ step: '1/1' });
  });

  it('has its scripts in a ConfigMap that goes with it', async () => {
    const world = await worldWith();
    control(world);
    const script = '#!/bin/sh\necho "ümläut"\n';
    const task = await world.apply({ steps: [{ name: 'a', image: 'busybox', script }] });
    const pod = await waitUntil('there is a pod', () => world.pod(task));
    const { items } = await world.client.list<KubeObject & { data?: object }>(CONFIG_MAPS, {
      namespace: NAMESPACE,
    });
    const [map] = items;
    expect(map?.data).toEqual({ a: script });
    for (const object of [map, pod]) {
      expect(object?.metadata.ownerReferences).toMatchObject([
        { kind: 'Task', uid: task.metadata.uid, controller: true },
      ]);
    }
    await world.client.delete(TASKS, { namespace: NAMESPACE, name: task.metadata.name });
    await waitUntil('all is gone', async () => (await podsOf(world)).length === 0);
  });

  it('that is made again under its name has a pod of its own', async () => {
    const world = await worldWith();
    control(world);
    const first = await world.apply(one, 'again');
    await world.play(first, [over('a')]);
    await world.until(first, 'Successful');
    await world.client.delete(TASKS, { namespace: NAMESPACE, name: 'again' });
    const second = await world.apply(one, 'again');
    await world.play(second, [failed('a', 3)]);
    expect(await world.until(second, 'Failure')).toMatchObject({ message: 'step 1 (a) failed: exit code 3' });
  });

  it('takes what its images run from their registry, as whom its pull secrets say', async () => {
    const ends = new Ends();
    try {
      const registry = await startRegistry(ends);
      const blobs = new Blobs();
      const image = blobs.image({ platform: 'linux/amd64', entrypoint: ['/bin/hello'], cmd: ['you'] });
      await registry.push(blobs, image, 'team/hello:1');
      const world = await worldWith();
      control(world, { insecureRegistry: [registry.host] });
      const dockerconfig = JSON.stringify({ auths: { [registry.host]: { auth: 'dTpw' } } });
      await world.client.create<KubeObject & { type: string; data: object }>(SECRETS, {
        metadata: { name: 'pull', namespace: NAMESPACE },
        type: 'kubernetes.io/dockerconfigjson',
        data: { '.dockerconfigjson': Buffer.from(dockerconfig).toString('base64') },
      });
      const task = await world.apply({
        steps: [{ name: 'a', image: `${registry.host}/team/hello:1` }],
        podTemplate: { imagePullSecrets: [{ name: 'pull' }, { name: 'none' }] },
      });
      const pod = await waitUntil('there is a pod', () => world.pod(task));
      const [container] = (pod as ObservedPod & { spec: { containers: { args: string[]; image: string }[] } })
        .spec.containers;
      expect(container?.args.slice(-3)).toEqual(['--command', '/bin/hello', 'you']);
      expect(container?.image).toContain('@sha256:');

      const lost = await world.apply({ steps: [{ name: 'a', image: `${registry.host}/team/none:1` }] });
      const status = await world.until(lost, 'ImageLookupFailed');
      expect(status).toMatchObject({ status: 'Pending' });
      expect(status.message).toContain('step a has no command');
      expect(await world.pod(lost)).toBeUndefined();
    } finally {
      await ends.all();
    }
  });
});

describe('the pod', () => {
  it('says of a step that was killed with its agent how it ended', async () => {
    const world = await worldWith();
    control(world);
    const may = await world.apply({ steps: [{ ...step('a'), onError: 'continue' }, step('b')] });
    await world.play(may, [silent('a'), running('b')]);
    const over = async (task: StoredTask): Promise<string | undefined> =>
      (await world.pod(task))?.metadata.annotations?.['api.practice.com/over'];
    await waitUntil('it may go on', async () => (await over(may))?.includes('"Continued"'));
    const mayNot = await world.apply({ steps: [step('a'), step('b')] });
    await world.play(mayNot, [silent('a'), running('b')]);
    await waitUntil('it failed', async () => (await over(mayNot))?.includes('"Failed"'));
  });

  it('stops a cancelled Task, and one in trouble for too long', async () => {
    const world = await worldWith();
    control(world, { imagePullPatience: '300ms' });
    const task = await world.apply({ steps: [step('a'), step('b')] });
    await waitUntil('there is a pod', () => world.pod(task));
    const { name = '' } = (await world.pod(task))?.metadata ?? {};
    // A node has it.
    await world.client.patch(
      PODS,
      { namespace: NAMESPACE, name, subresource: 'status' },
      { type: 'merge', body: { status: { conditions: [{ type: 'PodScheduled', status: 'True' }] } } },
    );
    await world.play(task, [waiting('a', 'ErrImagePull', 'not found'), waiting('b')], { phase: 'Pending' });
    const stopping = await waitUntil('the pod is stopped', async () => {
      const pod = await world.pod(task);
      return pod?.metadata.annotations?.['api.practice.com/order'] === '-1' ? pod : undefined;
    });
    expect(stopping.spec?.activeDeadlineSeconds).toBe(1);
    expect((await world.task(task)).status?.completionTime).toBeUndefined();
    // The node has ended it.
    await world.play(task, [waiting('a', 'ErrImagePull', 'not found'), waiting('b')], {
      phase: 'Failed',
      reason: 'DeadlineExceeded',
    });
    expect(await world.until(task, 'Failure')).toMatchObject({ reason: 'ImagePullBackOff' });

    const cancelled = await world.apply(one);
    await waitUntil('there is a pod', () => world.pod(cancelled));
    await world.change(cancelled, { cancel: true });
    expect(await world.until(cancelled, 'Cancelled')).toMatchObject({ status: 'Cancelled' });
    await waitUntil(
      'its pod, which no node had, is gone',
      async () => (await world.pod(cancelled)) === undefined,
    );
  });
});

describe('the controller', () => {
  it('goes on where another one stopped', async () => {
    const world = await worldWith();
    const stop = control(world);
    const task = await world.apply(five);
    await world.play(task, NAMES.map(running));
    await world.until(task, 'Running');
    expect(await stop()).toBe('stopped');
    await world.play(
      task,
      NAMES.map((name) => over(name)),
    );
    control(world);
    await world.until(task, 'Successful');
    expect(await podsOf(world)).toHaveLength(1);
  });

  it('can be stopped at any moment, leading or not', async () => {
    const world = await worldWith();
    // So that it is stopped in the midst of each of its first requests.
    world.server.faults.delay = 50;
    const lease = { leaderElect: true, leaseNamespace: NAMESPACE, agentInjection: 'auto' } as const;
    for (let ms = 0; ms < 300; ms += 30) {
      const stop = control(world, lease);
      const stopFollower = control(world, lease);
      await sleep(ms);
      expect(await stopFollower()).toBe('stopped');
      expect(await stop()).toBe('stopped');
    }
  });

  it('writes nothing when it is only to say what it would do', async () => {
    const world = await worldWith();
    world.server.counts.reset();
    const task = await world.apply(one);
    control(world, { dryRun: true });
    await waitUntil('it looked', () => world.server.watches() >= 2);
    const stop = control(world, { dryRun: true });
    await waitUntil('and another', () => world.server.watches() >= 4);
    await stop();
    expect(writes(world)).toEqual(['create tasks.api.practice.com 201']);
    expect(await world.pod(task)).toBeUndefined();
  });

  it('keeps to its namespace', async () => {
    const world = await worldWith({ namespaces: [NAMESPACE, 'other'] });
    const task = await world.apply(one);
    control(world, { namespace: 'other' });
    await waitUntil('it looked', () => world.server.watches() >= 2);
    control(world, { namespace: NAMESPACE });
    await waitUntil('there is a pod', () => world.pod(task));
    expect(await podsOf(world)).toHaveLength(1);
  });

  it('hands over at once when it is stopped, and in time when it is cut off', async () => {
    const world = await worldWith();
    const front = await world.server.front();
    const cut = { kubeconfig: `${world.kubeconfig}-front` };
    await world.server.kubeconfig(cut.kubeconfig, { url: front.url });
    const leader = control(cut, { leaderElect: true, leaseNamespace: NAMESPACE });
    const first = await world.apply(one);
    await waitUntil('the first leads', () => world.pod(first));
    const stopSecond = control(world, { leaderElect: true, leaseNamespace: NAMESPACE });

    await front.set('silent');
    const second = await world.apply(one);
    await waitUntil('the second leads', () => world.pod(second));
    expect(await leader()).toBe('lost');

    control(world, { leaderElect: true, leaseNamespace: NAMESPACE });
    expect(await stopSecond()).toBe('stopped');
    const third = await world.apply(one);
    await waitUntil('the third leads', () => world.pod(third));
    expect(await podsOf(world)).toHaveLength(3);
  });
});

describe('what a person does to the pod', () => {
  it.each([
    ['labels', { labels: null }],
    ['owner', { ownerReferences: null }],
  ])('without its %s it is found and put right', async (_, metadata) => {
    const world = await worldWith();
    control(world);
    const task = await world.apply({ steps: [step('a')] });
    await world.play(task, [running('a')]);
    await world.until(task, 'Running');
    const { name = '' } = (await world.pod(task))?.metadata ?? {};
    await world.client.patch(PODS, { namespace: NAMESPACE, name }, { type: 'merge', body: { metadata } });
    await waitUntil('it is as it was', async () => {
      const pod = await world.pod(task);
      return (
        pod?.metadata.labels?.['api.practice.com/task'] === task.metadata.name &&
        pod.metadata.ownerReferences?.[0]?.uid === task.metadata.uid
      );
    });
    await world.play(task, [over('a')]);
    await world.until(task, 'Successful');
  });
});

describe('the last event', () => {
  it('is posted before the last word: behind it nobody looks again', async () => {
    const world = await worldWith();
    const told: string[] = [];
    world.server.counts.listeners.add(({ verb, resource, subresource }, code) => {
      if (verb === 'create' && resource.plural === 'events' && code < 300) told.push('event');
      if (verb === 'patch' && subresource === 'status' && resource.plural === 'tasks') told.push('status');
    });
    control(world);
    const task = await world.apply({ steps: [step('a')] });
    await world.play(task, [over('a')]);
    await world.until(task, 'Successful');
    expect(told.at(-1)).toBe('status');
    expect(await world.reasons(task)).toContain('Finished');
  });
});
