/** Hundreds of Tasks at once, many of them in trouble; with TASKFLOW_TEST_TASKS=1000 a thousand. */
import { expect, test } from 'vitest';
import { PODS, TASKS } from '../../../controller/runtime/objects.ts';
import { type StoredTask } from '../../../controller/stored-task.ts';
import { resourceKey } from '../../support/api-server/resource.ts';
import { playPods } from '../../support/kubelet/vitest.ts';
import { waitUntil } from '../../support/wait-until.ts';
import { endOf, fleetEnd, fleetScript, fleetTask } from './fleet.ts';
import { bundledController, startController } from './process.ts';
import { NAMESPACE, worldWith } from '../harness.ts';

const TASKS_IN_ALL = Number(process.env['TASKFLOW_TEST_TASKS'] ?? 200);

test(`${TASKS_IN_ALL} Tasks of five steps at once all come to their end`, async () => {
  const world = await worldWith();
  const { client, server } = world;
  const kubelet = playPods(server, { script: fleetScript, phaseLag: 100 });
  const flags = ['--namespace', NAMESPACE, '--no-leader-elect', '--image-pull-patience', '1s'];
  const controller = startController(await bundledController(), ['--kubeconfig', world.kubeconfig, ...flags]);
  const numbers = Array.from({ length: TASKS_IN_ALL }, (_, number) => number);
  const tasks = await Promise.all(
    numbers.map((number) => client.create(TASKS, fleetTask(number, NAMESPACE))),
  );
  // From the store itself: lists of them all would be most of what this measures.
  const shelf = server.store.shelf(resourceKey(TASKS));
  const list = (): StoredTask[] => shelf.values().map(({ object }) => object as unknown as StoredTask);
  await waitUntil(
    'all are over',
    () => list().every(({ status }) => status?.completionTime !== undefined),
    120_000,
  );
  const starts = Map.groupBy(kubelet.starts, ({ pod }) => pod);
  const ended = list().map((task) => {
    const own = starts.get(task.status?.podName ?? '') ?? [];
    return endOf(
      task,
      own.map(({ step }) => step),
    );
  });
  const byName = (one: { name: string }, other: { name: string }): number => (one.name < other.name ? -1 : 1);
  expect(ended.toSorted(byName)).toEqual(tasks.map(fleetEnd).toSorted(byName));
  // Those that no node takes may be out of time before they have one.
  const withPod = list().filter(({ status }) => status?.podName !== undefined);
  expect(server.counts.of({ verb: 'create', resource: PODS.plural, code: 201 })).toBe(withPod.length);
  const warned = controller.lines.filter(({ level }) => level === 'warn' || level === 'error');
  expect(warned).toEqual([]);
}, 240_000);
