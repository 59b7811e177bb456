import { describe, expect, it } from 'vitest';
import { PODS } from '../../controller/runtime/objects.ts';
import { type ObservedPod } from '../../controller/pod.ts';
import { podNameOf } from '../../shared/pod/pod.ts';
import { type Call } from '../support/api-server/index.ts';
import { waitUntil } from '../support/wait-until.ts';
import { failed, over, skipped } from './builders.ts';
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

const creates =
  (plural: string) =>
  (call: Call): boolean =>
    call.verb === 'create' && call.resource.plural === plural;

describe('the API server', () => {
  it('loses the answer to the pod’s making: there is one pod all the same', async () => {
    const world = await worldWith();
    control(world);
    world.server.faults.loseAnswers(3, creates('pods'));
    const tasks = await Promise.all([1, 2, 3].map(() => world.apply(one)));
    for (const task of tasks) {
      await world.play(task, [over('a')]);
      await world.until(task, 'Successful');
    }
    expect(await podsOf(world)).toHaveLength(3);
  });

  it('is overloaded, answers late and wrongly: every Task still ends', async () => {
    const world = await worldWith();
    control(world);
    const tasks = await Promise.all(Array.from({ length: 10 }, () => world.apply(five)));
    const notOurs = (call: Call): boolean =>
      call.resource.plural !== 'tasks' || call.subresource === 'status';
    world.server.faults.failNext(10, 500, { which: notOurs });
    world.server.faults.failNext(10, 429, { which: notOurs, retryAfter: 0 });
    world.server.faults.failNext(5, 409, {
      which: (call) => call.subresource === 'status' && call.resource.plural === 'tasks',
    });
    world.server.faults.loseAnswers(5, (call) => call.verb === 'patch' && call.resource.plural === 'tasks');
    for (const task of tasks) {
      await waitUntil('there is a pod', () => world.pod(task).catch(() => undefined));
      await waitUntil('the kubelet speaks', async () =>
        world
          .play(
            task,
            NAMES.map((name) => over(name)),
          )
          .then(() => true)
          .catch(() => false),
      );
    }
    for (const task of tasks)
      await waitUntil(
        'it ended',
        async () => (await world.task(task).catch(() => undefined))?.status?.status === 'Successful',
      );
    expect(await podsOf(world)).toHaveLength(10);
  });

  it('resets its watches, forgets its history, goes silent: nothing is missed', async () => {
    const world = await worldWith();
    control(world);
    const { faults } = world.server;
    for (const fault of [
      () => faults.resetWatches(),
      () => faults.expireHistory(),
      () => faults.failWatches(),
      () => faults.endWatches(),
    ]) {
      const task = await world.apply(five);
      await waitUntil('there is a pod', () => world.pod(task));
      fault();
      await world.play(task, [over('z'), failed('a'), skipped('m'), skipped('step10'), skipped('step2')]);
      fault();
      expect(await world.until(task, 'Failure')).toMatchObject({ step: '2/5' });
    }
  });

  it('refuses a pod: the reason shows, and it is tried again', async () => {
    const world = await worldWith();
    control(world);
    world.server.faults.failNext(1, 403, { which: creates('pods') });
    const task = await world.apply(one);
    expect(await world.until(task, 'PodForbidden')).toMatchObject({ status: 'Pending' });
    await world.play(task, [over('a')]);
    expect(await world.until(task, 'Successful')).toMatchObject({ status: 'Successful' });
  });

  it('has a pod of that name which is somebody else’s: it is left alone', async () => {
    const world = await worldWith();
    const task = await world.apply(one);
    const name = podNameOf({ name: task.metadata.name, uid: task.metadata.uid ?? '' });
    const foreign = {
      metadata: { name, namespace: NAMESPACE },
      spec: { containers: [{ name: 'x', image: 'y' }] },
    };
    await world.client.create(PODS, foreign);
    control(world);
    const status = await world.until(task, 'PodNameTaken');
    expect(status.message).toContain(name);
    expect(await podsOf(world)).toMatchObject([{ metadata: { name } }]);
  });
});
