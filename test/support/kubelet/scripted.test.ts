import { expect, onTestFinished, test } from 'vitest';
import { parseOutcome } from '../../../shared/turn/outcome.ts';
import { fieldsOf, listOf, textOf, type ApiObject } from '../api-server/object.ts';
import { type ApiServer } from '../api-server/server.ts';
import { Talk } from '../api-server/talk.ts';
import { apiServer } from '../api-server/vitest.ts';
import { waitUntil } from '../wait-until.ts';
import { annotate, createPod, ends, NAMESPACE, outcomeOf, podNow, podOver, PODS, step } from './pods.ts';
import { type PodScript, type ScriptedSettings } from './script.ts';
import { playPods } from './vitest.ts';

async function setUp(settings: ScriptedSettings = {}) {
  const server: ApiServer = await apiServer({ namespaces: [NAMESPACE] });
  const talk = new Talk({ url: server.url });
  onTestFinished(() => talk.close());
  const kubelet = playPods({ url: server.url }, { phaseLag: 20, ...settings });
  return { server, talk, kubelet };
}

const THREE = [step('c-first'), step('b-second'), step('a-third')];

test('a pod whose steps all succeed, its containers by name', async () => {
  const { talk, kubelet } = await setUp();
  const pod = await podOver(talk, await createPod(talk, 'ok', THREE));
  expect(pod.status).toMatchObject({ phase: 'Succeeded' });
  expect(Object.entries(ends(pod))).toEqual([
    ['a-third', 0],
    ['b-second', 0],
    ['c-first', 0],
  ]);
  expect(outcomeOf(pod, 'b-second')).toMatchObject({ outcome: 'Succeeded', number: 2, step: 'b-second' });
  expect(kubelet.starts.map(({ step: name }) => name)).toEqual(['c-first', 'b-second', 'a-third']);
});

test('every message is an outcome that can be read', async () => {
  const { talk } = await setUp({ script: () => ({ steps: { 'b-second': { exitCode: 3 } } }) });
  const pod = await podOver(talk, await createPod(talk, 'readable', THREE));
  for (const status of listOf(pod.status?.['containerStatuses'])) {
    const { message } = fieldsOf(fieldsOf(status['state'])['terminated']);
    expect(parseOutcome(textOf(message)).version).toBe(1);
  }
});

test('after a step that fails the others skip themselves', async () => {
  const { talk } = await setUp({ script: () => ({ steps: { 'c-first': { exitCode: 7 } } }) });
  const pod = await podOver(talk, await createPod(talk, 'fails', THREE));
  expect(pod.status).toMatchObject({ phase: 'Failed' });
  expect(ends(pod)).toEqual({ 'c-first': 7, 'b-second': 121, 'a-third': 121 });
  expect(outcomeOf(pod, 'a-third')).toMatchObject({
    outcome: 'Skipped',
    reason: 'EarlierStepStopped',
    message: 'step 1 (c-first) ended Failed: exit code 7',
  });
});

test('a gate holds a step until the order comes to it, and -1 cancels', async () => {
  const { talk, kubelet } = await setUp({ script: () => ({ steps: { 'b-second': { duration: 600_000 } } }) });
  const pod = await createPod(talk, 'gated', THREE);
  await annotate(talk, pod, { 'api.practice.com/gate': '2' });
  await waitUntil('the first is over', async () => ends(await podNow(talk, pod))['c-first'] === 0);
  await annotate(talk, pod, { 'api.practice.com/order': '2', 'api.practice.com/gate': null });
  await waitUntil('the second runs', () => kubelet.starts.some((start) => start.step === 'b-second'));
  await annotate(talk, pod, { 'api.practice.com/order': '-1' });
  const over = await podOver(talk, pod);
  expect(ends(over)).toEqual({ 'c-first': 0, 'b-second': 143, 'a-third': 122 });
});

test('a step that dies without a word holds the next until the order comes', async () => {
  const { talk } = await setUp({ script: () => ({ steps: { 'c-first': { silent: true } } }) });
  const pod = await createPod(talk, 'silent', THREE);
  await waitUntil('the first is over', async () => ends(await podNow(talk, pod))['c-first'] === 137);
  await annotate(talk, pod, { 'api.practice.com/order': '-1' });
  const over = await podOver(talk, pod);
  const first = listOf(over.status?.['containerStatuses']).find(({ name }) => name === 'c-first');
  expect(first).toMatchObject({ state: { terminated: { reason: 'OOMKilled', exitCode: 137 } } });
});

const troubles: { what: string; script: PodScript; expected: object }[] = [
  {
    what: 'unschedulable',
    script: { unschedulable: '0/1 nodes are available' },
    expected: {
      phase: 'Pending',
      conditions: [{ type: 'PodScheduled', status: 'False', reason: 'Unschedulable' }],
    },
  },
  {
    what: 'an image that cannot be had',
    script: { steps: { 'a-third': { waiting: { reason: 'ImagePullBackOff', message: 'no' } } } },
    expected: { containerStatuses: [{ state: { waiting: { reason: 'ImagePullBackOff' } } }, {}, {}] },
  },
  {
    what: 'an init container that fails',
    script: { initFails: { exitCode: 1 } },
    expected: { phase: 'Failed', initContainerStatuses: [{ state: { terminated: { exitCode: 1 } } }] },
  },
  {
    what: 'eviction',
    script: { steps: { 'c-first': { duration: 600_000 } }, evictedAfter: 10 },
    expected: { phase: 'Failed', reason: 'Evicted' },
  },
];

test.each(troubles)('trouble: $what', async ({ script, expected }) => {
  const { talk } = await setUp({ script: () => script });
  const pod = await createPod(talk, 'trouble', THREE);
  const shown = await waitUntil('it shows', async () => {
    const { status } = await podNow(talk, pod);
    try {
      expect(status).toMatchObject(expected);
      return status;
    } catch {
      return undefined;
    }
  });
  if (script.evictedAfter !== undefined) expect(shown['containerStatuses']).toBeUndefined();
});

test('a lost node: the pod is deleted and never ends', async () => {
  const { talk } = await setUp({
    script: () => ({ steps: { 'c-first': { duration: 600_000 } }, nodeLostAfter: 10 }),
  });
  const pod = await createPod(talk, 'lost', THREE);
  const marked = await waitUntil('it is marked', async () => {
    const now = await podNow(talk, pod);
    return now.metadata.deletionTimestamp === undefined ? undefined : now;
  });
  expect(marked.status).toMatchObject({ phase: 'Running' });
});

test('a pod that is deleted ends, and then goes', async () => {
  const { talk, kubelet } = await setUp({
    script: () => ({ steps: { 'c-first': { duration: 600_000 } } }),
  });
  const pod = await createPod(talk, 'deleted', THREE);
  await waitUntil('it runs', () => kubelet.starts.length > 0);
  await talk.object('DELETE', `${PODS}/${pod.metadata.name}`);
  await waitUntil(
    'it is gone',
    async () => (await talk.ask('GET', `${PODS}/${pod.metadata.name}`)).code === 404,
  );
  await waitUntil('the kubelet knows', () => kubelet.pods() === 0);
});

test('three hundred pods, with an API that hiccups', async () => {
  const { talk, server, kubelet } = await setUp();
  const pods: ApiObject[] = [];
  for (let index = 0; index < 300; index++) {
    if (index === 100) server.faults.failNext(20, 503);
    if (index === 200) server.faults.resetWatches();
    pods.push(
      await waitUntil('it is created', () => createPod(talk, `many-${index}`, THREE).catch(() => undefined)),
    );
  }
  const list = await waitUntil(
    'all are over',
    async () => {
      const { items } = await talk.object('GET', PODS);
      return listOf(items).every((pod) => fieldsOf(pod['status'])['phase'] === 'Succeeded')
        ? listOf(items)
        : undefined;
    },
    60_000,
  );
  expect(list).toHaveLength(pods.length);
  expect(kubelet.starts).toHaveLength(3 * pods.length);
});
