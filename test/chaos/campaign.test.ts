/** A short campaign with real agents and real controllers, against the API server in memory. */
import { expect, test } from 'vitest';
import { campaign } from '../../scripts/chaos/campaign.ts';
import { LEASE_FLAGS, torment } from '../../scripts/chaos/controllers.ts';
import { described } from '../../scripts/chaos/described.ts';
import { planOf } from '../../scripts/chaos/plan.ts';
import { bundledController, startController } from '../controller/chaos/process.ts';
import { randomOf, seedOfRun } from '../controller/chaos/random.ts';
import { NAMESPACE, worldWith } from '../controller/harness.ts';
import { localAgents } from '../support/agents.ts';
import { runPods } from '../support/kubelet/vitest.ts';
import { scratch } from '../support/scratch.ts';

const SCALE = { steps: 5, graph: 8, beats: 4, early: 1_000 };
const TASKS = 12;

test('whatever happens to Tasks and controllers, all that is told is true', async () => {
  const seed = seedOfRun('campaign');
  const world = await worldWith();
  const agent = localAgents[0]?.command ?? ['/bin/false'];
  await runPods(world.server, { agent, phaseLag: 100, refreshDelay: 50, lag: 20 });
  const [bundled, directory] = [await bundledController(), await scratch()];
  const start = () =>
    startController(bundled, ['--kubeconfig', world.kubeconfig, '--namespace', NAMESPACE, ...LEASE_FLAGS]);
  const stop = new AbortController();
  const tormenting = torment({ start }, randomOf(seed), { signal: stop.signal });
  const results: string[] = [];
  const bad = await campaign(
    Array.from({ length: TASKS }, (_, index) => planOf(randomOf(seed + index), `chaos-${index}`, SCALE)),
    {
      client: world.client,
      namespace: NAMESPACE,
      place: { image: 'busybox', imagePullPolicy: 'Never', directory: directory, mount: false },
      atOnce: 8,
      limit: 150_000,
      settle: 500,
      onResult: ({ plan }) => results.push(plan.name),
    },
  );
  stop.abort();
  await tormenting;
  expect(results).toHaveLength(TASKS);
  expect(bad.map(described)).toEqual([]);
});
