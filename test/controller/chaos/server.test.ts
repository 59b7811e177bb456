/** The API server goes away and comes back: steps go on meanwhile, and nothing is missed afterwards. */
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { localAgents } from '../../support/agents.ts';
import { type FrontState } from '../../support/api-server/index.ts';
import { runPods } from '../../support/kubelet/vitest.ts';
import { KINDS } from './kinds.ts';
import { bundledController, keepRunning, startController } from './process.ts';
import { Shard } from './shard.ts';
import { NAMESPACE, worldWith } from '../harness.ts';

const OUTAGES: readonly { state: FrontState; forgets: boolean }[] = [
  { state: 'refuse', forgets: false },
  { state: 'silent', forgets: false },
  { state: 'deaf', forgets: true },
  { state: 'refuse', forgets: true },
];

test.each([
  { who: 'one controller lives through it', flags: ['--no-leader-elect'], outage: 300 },
  {
    who: 'a leader ends when it cannot renew its Lease, and is started again',
    flags: ['lease-duration=900ms', 'renew-deadline=600ms', 'retry-period=100ms'].map(
      (each) => `--leader-elect-${each}`,
    ),
    outage: 1_200,
  },
])(
  'outages of the API server: $who',
  async ({ flags, outage }) => {
    const world = await worldWith();
    const { server } = world;
    // Everybody but the test is cut off.
    const front = await server.front();
    const kubeconfig = `${world.kubeconfig}-front`;
    await server.kubeconfig(kubeconfig, { url: front.url });
    const bundled = await bundledController();
    const agent = localAgents[0]?.command ?? ['/bin/false'];
    const kubelet = await runPods({ url: front.url }, { agent, phaseLag: 100 });
    const shard = new Shard(NAMESPACE, world);
    const ends: unknown[] = [];
    keepRunning(
      () => startController(bundled, ['--kubeconfig', kubeconfig, '--namespace', NAMESPACE, ...flags]),
      { onEnd: ({ code }) => ends.push(code) },
    );
    for (const { state, forgets } of OUTAGES) {
      for (const kind of KINDS) await shard.begin(kind);
      await sleep(300);
      await front.set(state);
      await sleep(outage);
      if (forgets) server.faults.expireHistory();
      // What was on its way is gone with the server.
      await front.set('refuse');
      await front.set('open');
      await sleep(300);
    }
    await shard.check(kubelet.starts);
    const { length } = flags;
    expect(ends).toEqual(length === 1 ? [] : ends.map(() => 1));
  },
  240_000,
);
