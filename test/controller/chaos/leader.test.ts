/** Of several controllers one acts, whatever becomes of it: what the API server was asked to do is the proof. */
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it, onTestFinished } from 'vitest';
import { TASKS } from '../../../controller/runtime/objects.ts';
import { type StoredTask } from '../../../controller/stored-task.ts';
import { type Task } from '../../../shared/task/task.ts';
import { resourceKey } from '../../support/api-server/resource.ts';
import { playPods } from '../../support/kubelet/vitest.ts';
import { candidates, type Candidate } from './candidates.ts';
import { actedWithoutLease } from './ledger.ts';
import { randomOf, seedOfRun } from './random.ts';
import { worldWith, type World } from '../harness.ts';

const LONG = 240_000;
/** Six writes of the controller for a Task whose agents hand over, ten more where it does. */
const SPEC: Task['spec'] = {
  handOff: 'Controller',
  steps: ['e', 'd', 'c', 'b', 'a'].map((name) => ({ name, image: 'busybox', command: ['true'] })),
};

/** What becomes of a leader; the function returned is for when another one leads. */
type Blow = (leader: Candidate) => Promise<() => Promise<unknown>>;

const BLOWS: Readonly<Record<string, Blow>> = {
  'is refused': cutOff('refuse'),
  'gets nothing through': cutOff('silent'),
  'hears no answer': cutOff('deaf'),
  'is frozen': async ({ process: { kill } }) => {
    kill('SIGSTOP');
    return async () => kill('SIGCONT');
  },
  'is killed': async ({ process: { kill } }) => {
    kill('SIGKILL');
    return async () => undefined;
  },
  'is stopped': async ({ process: { kill } }) => {
    kill('SIGTERM');
    return async () => undefined;
  },
};

function cutOff(state: 'refuse' | 'silent' | 'deaf'): Blow {
  return async ({ front, process }) => {
    await front.set(state);
    return async () => {
      // It ends by itself, cut off as it is.
      await process.ended;
      await front.set('refuse');
      await front.set('open');
    };
  };
}

/** The most Tasks that are there and not over. */
const AT_ONCE = 20;

/** Tasks that come all the time until the function is called; it returns them. */
function pourTasks(world: World): () => Promise<StoredTask[]> {
  const tasks: StoredTask[] = [];
  const over = new AbortController();
  const shelf = world.server.store.shelf(resourceKey(TASKS));
  const open = (): number =>
    shelf.values().filter(({ object }) => object.status?.['completionTime'] === undefined).length;
  const pouring = (async () => {
    while (!over.signal.aborted) {
      if (open() < AT_ONCE) tasks.push(await world.apply(SPEC));
      await sleep(40);
    }
  })();
  // Of a test that fails nobody waits for them.
  pouring.catch(() => undefined);
  onTestFinished(() => over.abort());
  return async () => {
    over.abort();
    await pouring;
    return tasks;
  };
}

describe('a leader', () => {
  it(
    'that is cut off, frozen, killed or stopped is followed by one that never acts beside it',
    async () => {
      const random = randomOf(seedOfRun('leaders'));
      const world = await worldWith();
      const group = await candidates(world, 3);
      const kubelet = playPods({ url: world.server.url, token: 'kubelet' }, { phaseLag: 50 });
      const stopPouring = pourTasks(world);
      const blows = Object.entries(BLOWS);
      while (blows.length > 0) {
        const [[what, strike] = ['', BLOWS['is killed']]] = blows.splice(
          random.between(0, blows.length - 1),
          1,
        );
        const leader = await group.leader();
        const probe = await world.apply(SPEC);
        await world.until(probe, 'Successful');
        await sleep(random.between(0, 300));
        const struck = leader.process;
        const heal = await strike?.(leader);
        await group.leaderAfter(leader);
        await world.until(await world.apply(SPEC), 'Successful');
        await heal?.();
        const { code, signal } = await struck.ended;
        expect([what, code ?? signal]).toEqual([
          what,
          { 'is killed': 'SIGKILL', 'is stopped': 0 }[what] ?? 1,
        ]);
      }
      for (const task of await stopPouring())
        expect(await world.until(task, 'Successful')).toMatchObject({ step: '5/5' });
      expect(actedWithoutLease(group.ledger)).toEqual([]);
      expect(kubelet.starts.length).toBe(
        new Set(kubelet.starts.map(({ uid, step }) => `${uid} ${step}`)).size,
      );
    },
    LONG,
  );

  it(
    'that is frozen between a write and its answer does nothing more when it goes on',
    async () => {
      const world = await worldWith();
      const group = await candidates(world, 2);
      playPods({ url: world.server.url, token: 'kubelet' }, { phaseLag: 50 });
      const stopPouring = pourTasks(world);
      for (const what of [
        'create pods',
        'create events.events.k8s.io',
        'patch tasks.api.practice.com/status',
      ]) {
        const leader = await group.leader();
        const frozen = leader.process;
        await group.after(what, leader, () => frozen.kill('SIGSTOP'));
        await group.leaderAfter(leader);
        await world.until(await world.apply(SPEC), 'Successful');
        frozen.kill('SIGCONT');
        expect(await frozen.ended).toMatchObject({ code: 1 });
      }
      for (const task of await stopPouring()) await world.until(task, 'Successful');
      expect(actedWithoutLease(group.ledger)).toEqual([]);
    },
    LONG,
  );

  it(
    'whose last requests arrive when another leads changes no Task by them',
    async () => {
      const world = await worldWith();
      const group = await candidates(world, 2);
      const kubelet = playPods({ url: world.server.url, token: 'kubelet' }, { phaseLag: 50 });
      const stopPouring = pourTasks(world);
      for (let round = 0; round < 2; round++) {
        const leader = await group.leader();
        await world.until(await world.apply(SPEC), 'Successful');
        const former = leader.process;
        await leader.front.set('silent');
        await group.leaderAfter(leader);
        await world.until(await world.apply(SPEC), 'Successful');
        // What waited on the way comes now, as TCP sends it again.
        await leader.front.set('open');
        expect(await former.ended).toMatchObject({ code: 1 });
      }
      const tasks = await stopPouring();
      for (const task of tasks) expect(await world.until(task, 'Successful')).toMatchObject({ step: '5/5' });
      // All but what people are told rests on versions, names and tests that no longer hold.
      const late = actedWithoutLease(group.ledger).map((each) => each.what);
      expect(late.filter((what) => what !== 'create events.events.k8s.io')).toEqual([]);
      expect(kubelet.starts.length).toBe(
        new Set(kubelet.starts.map(({ uid, step }) => `${uid} ${step}`)).size,
      );
    },
    LONG,
  );

  it(
    'that is stopped gives the Lease back: another one follows without waiting for its end',
    async () => {
      const world = await worldWith();
      const hours = { 'lease-duration': '3h', 'renew-deadline': '2h', 'retry-period': '30m' };
      const group = await candidates(world, 2, hours);
      playPods({ url: world.server.url, token: 'kubelet' });
      for (let round = 0; round < 3; round++) {
        const leader = await group.leader();
        await world.until(await world.apply(SPEC), 'Successful');
        const stopped = leader.process;
        stopped.kill('SIGTERM');
        await group.leaderAfter(leader);
        await world.until(await world.apply(SPEC), 'Successful');
        expect(await stopped.ended).toMatchObject({ code: 0 });
      }
      expect(actedWithoutLease(group.ledger)).toEqual([]);
    },
    LONG,
  );
});
