/** The controller is killed again and again, at any moment: no Task notices. */
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { localAgents } from '../../support/agents.ts';
import { runPods } from '../../support/kubelet/vitest.ts';
import { bundledController, startController, type ControllerProcess } from './process.ts';
import { KINDS } from './kinds.ts';
import { randomOf, seedOfRun, type Random } from './random.ts';
import { Shard } from './shard.ts';
import { worldWith, type World } from '../harness.ts';

/** Controllers side by side, each of a namespace of its own, so that many kills take little time. */
const SHARDS = 4;
const KILLS_EACH = 25;

test('100 kills: every Task ends right, with one pod, and no command runs twice', async () => {
  const seed = seedOfRun('100 kills');
  const namespaces = Array.from({ length: SHARDS }, (_, index) => `shard-${index}`);
  const world = await worldWith({ namespaces });
  const bundled = await bundledController();
  const agent = localAgents[0]?.command ?? ['/bin/false'];
  const kubelet = await runPods(world.server, { agent, phaseLag: 100 });
  const shards = namespaces.map((namespace) => new Shard(namespace, world));
  const killed = await Promise.all(
    shards.map(async (shard, index) => {
      const { namespace } = shard;
      const random = randomOf(seed + index);
      const start = (): ControllerProcess =>
        startController(bundled, [
          ...['--kubeconfig', world.kubeconfig, '--namespace', namespace, '--no-leader-elect'],
          ...['--agent-injection', index % 2 === 0 ? 'init-container' : 'image-volume'],
        ]);
      const ends = [];
      for (let kill = 0; kill < KILLS_EACH; kill++) {
        const kind = KINDS[(kill + index) % KINDS.length];
        if (kind !== undefined) await shard.begin(kind);
        ends.push(await killedSometime(start(), { world, namespace, random }));
      }
      start();
      return ends;
    }),
  );
  for (const shard of shards) await shard.check(kubelet.starts);
  // None ended by itself, before it was killed.
  expect(killed.flat()).toEqual(Array.from({ length: SHARDS * KILLS_EACH }, () => 'SIGKILL'));
}, 600_000);

/**
 * Kills a controller at a random moment of its life: while it starts, while it works, or right after one of its writes
 * was done and before it is told so.
 */
async function killedSometime(
  controller: ControllerProcess,
  { world, namespace, random }: { world: World; namespace: string; random: Random },
): Promise<NodeJS.Signals | null> {
  switch (random.pick(['starting', 'working', 'writing', 'writing'])) {
    case 'starting':
      await sleep(random.between(0, 250));
      break;
    case 'working':
      await controller.says('leading');
      await sleep(random.between(0, 250));
      break;
    case 'writing':
      await Promise.race([afterWrite(random.between(1, 5)), sleep(1_000)]);
  }
  controller.kill('SIGKILL');
  return (await controller.ended).signal;

  async function afterWrite(number: number): Promise<void> {
    const { listeners } = world.server.counts;
    const { promise, resolve } = Promise.withResolvers<void>();
    let left = number;
    const listener: Parameters<typeof listeners.add>[0] = (call) => {
      const { verb, resource, subresource } = call;
      const byKubelet = resource.plural === 'pods' && subresource !== undefined;
      const byTest = resource.plural === 'tasks' && subresource === undefined;
      if (call.namespace !== namespace || byKubelet || byTest) return;
      if (!['create', 'patch', 'delete'].includes(verb) || --left > 0) return;
      listeners.delete(listener);
      // Now: the server has not answered yet.
      controller.kill('SIGKILL');
      resolve();
    };
    listeners.add(listener);
    await promise.finally(() => listeners.delete(listener));
  }
}
