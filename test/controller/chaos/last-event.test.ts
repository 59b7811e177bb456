/** The controller is killed between the last event of a Task and its last status, or right after that: one event tells the end. */
import { expect, test } from 'vitest';
import { waitUntil } from '../../support/wait-until.ts';
import { type Call } from '../../support/api-server/index.ts';
import { failed, over, skipped } from '../builders.ts';
import { control, NAMESPACE, worldWith } from '../harness.ts';
import { bundledController, startController } from './process.ts';

const steps = ['a', 'b'].map((name) => ({ name, image: 'busybox', command: ['true'] }));
const isEvent = ({ verb, resource }: Call): boolean => verb === 'create' && resource.plural === 'events';
const isStatus = ({ verb, resource, subresource }: Call): boolean =>
  verb === 'patch' && resource.plural === 'tasks' && subresource === 'status';

test.each<[string, (call: Call) => boolean]>([
  ['the last event is posted', isEvent],
  ['the last status is written', isStatus],
])('killed when %s', async (_, isMoment) => {
  const world = await worldWith();
  const bundled = await bundledController();
  const start = () =>
    startController(bundled, [
      '--kubeconfig',
      world.kubeconfig,
      '--namespace',
      NAMESPACE,
      '--no-leader-elect',
    ]);
  const first = start();
  const task = await world.apply({ steps });
  await waitUntil('there is a pod', () => world.pod(task));
  await waitUntil('its making is told', async () => (await world.reasons(task)).includes('Created'));
  let events = 0;
  world.server.counts.listeners.add((call) => {
    // The first after Created is Started, the next the last; its answer is not on its way yet.
    events += isEvent(call) ? 1 : 0;
    if (events === 2 && isMoment(call)) first.kill('SIGKILL');
  });
  await world.play(task, [failed('a'), skipped('b')]);
  expect((await first.ended).signal).toBe('SIGKILL');
  start();
  await world.until(task, 'Failure');
  const told = (await world.reasons(task)).filter((reason) => reason === 'Failed');
  expect(told).toEqual(['Failed']);
  // The next one goes on as if nothing had been.
  const other = await world.apply({ steps });
  await world.play(
    other,
    steps.map(({ name }) => over(name)),
  );
  await world.until(other, 'Successful');
});

test('a wish that comes between the two changes neither', async () => {
  const world = await worldWith();
  let isHeldUp = true;
  world.server.faults.failNext(1_000, 409, { which: (call) => isHeldUp && isStatus(call) });
  control(world);
  const task = await world.apply({ suspend: true, timeout: '500ms', steps });
  await waitUntil('its end is told', async () => (await world.reasons(task)).includes('Failed'));
  await world.change(task, { cancel: true });
  isHeldUp = false;
  await waitUntil('it is over', async () => (await world.task(task)).status?.completionTime !== undefined);
  expect((await world.task(task)).status).toMatchObject({ status: 'Failure', reason: 'TimedOut' });
});
