import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { nodeAgent, staticAgent, type Agent } from '../agents.ts';
import { Talk } from '../api-server/talk.ts';
import { apiServer } from '../api-server/vitest.ts';
import { processesWith } from '../processes.ts';
import { waitUntil } from '../wait-until.ts';
import { annotate, createPod, ends, NAMESPACE, outcomeOf, podNow, podOver, PODS, step } from './pods.ts';
import { runPods } from './vitest.ts';

async function setUp({ command }: Agent = staticAgent) {
  const server = await apiServer({ namespaces: [NAMESPACE] });
  const talk = new Talk({ url: server.url });
  onTestFinished(() => talk.close());
  const kubelet = await runPods({ url: server.url }, { agent: command, phaseLag: 20 });
  return { server, talk, kubelet };
}

test.each([staticAgent, nodeAgent])('$name: steps run one after the other, each once', async (agent) => {
  const { talk, kubelet } = await setUp(agent);
  const steps = [
    step('c-first', 'echo $WORD', { env: [{ name: 'WORD', value: 'hello' }] }),
    step('b-second'),
    { ...step('a-third'), command: undefined, script: '#!/bin/sh\necho from a script\n' },
  ].map(({ command, ...rest }) => ({ ...rest, ...(command && { command }) }));
  const pod = await podOver(talk, await createPod(talk, 'ok', steps));
  expect(pod.status).toMatchObject({ phase: 'Succeeded' });
  expect(Object.entries(ends(pod))).toEqual([
    ['a-third', 0],
    ['b-second', 0],
    ['c-first', 0],
  ]);
  expect(outcomeOf(pod, 'a-third')).toMatchObject({ outcome: 'Succeeded', number: 3, attempts: 1 });
  expect((await kubelet.starts()).map(({ step: name }) => name)).toEqual(['c-first', 'b-second', 'a-third']);
  const directory = kubelet.directoryOf(pod.metadata.uid) ?? '';
  expect(await readFile(join(directory, 'c-first.log'), 'utf8')).toBe('hello\n');
  expect(await readFile(join(directory, 'a-third.log'), 'utf8')).toBe('from a script\n');
});

test('after a step that fails the others skip themselves', async () => {
  const { talk, kubelet } = await setUp();
  const pod = await podOver(talk, await createPod(talk, 'fails', [step('a', 'exit 42'), step('b')]));
  expect(pod.status).toMatchObject({ phase: 'Failed' });
  expect(ends(pod)).toEqual({ a: 42, b: 121 });
  expect(await kubelet.starts()).toHaveLength(1);
});

test('a command that is not there is told by the agent', async () => {
  const { talk } = await setUp();
  const pod = await podOver(
    talk,
    await createPod(talk, 'none', [step('a', '', { command: ['no-such-thing'] })]),
  );
  expect(outcomeOf(pod, 'a')).toMatchObject({ outcome: 'Failed', reason: 'CommandNotFound', exitCode: 127 });
});

test('the order comes by the annotation, and cancels by it', async () => {
  const { talk, kubelet } = await setUp();
  const pod = await createPod(talk, 'gated', [step('a'), step('b', 'sleep 600')]);
  await annotate(talk, pod, { 'api.practice.com/gate': '2' });
  await waitUntil('the first is over', async () => ends(await podNow(talk, pod))['a'] === 0);
  expect(await kubelet.starts()).toHaveLength(1);
  await annotate(talk, pod, { 'api.practice.com/order': '2' });
  await waitUntil('the second runs', async () => (await kubelet.starts()).length === 2);
  await annotate(talk, pod, { 'api.practice.com/order': '-1' });
  const over = await podOver(talk, pod);
  expect(outcomeOf(over, 'b')).toMatchObject({ outcome: 'Cancelled' });
});

test('a pod that is deleted is stopped, with all that it started, and then goes', async () => {
  const { talk, kubelet } = await setUp();
  const mark = `600.${Date.now()}`;
  const stubborn = step('a', `trap '' TERM; sleep ${mark} & wait; wait`);
  const pod = await createPod(talk, 'deleted', [stubborn]);
  await waitUntil('it runs', async () => (await kubelet.starts()).length > 0);
  await waitUntil('so does what it starts', async () => (await processesWith(mark)).length > 0);
  await talk.object('DELETE', `${PODS}/${pod.metadata.name}?gracePeriodSeconds=1`);
  await waitUntil(
    'it is gone',
    async () => (await talk.ask('GET', `${PODS}/${pod.metadata.name}`)).code === 404,
  );
  await waitUntil('its processes are gone', async () => (await processesWith(mark)).length === 0);
  expect(await kubelet.starts()).toHaveLength(1);
});

test('a sidecar runs as long as the steps do', async () => {
  const { talk } = await setUp();
  const sidecar = { name: 'side', image: 'x:1', restartPolicy: 'Always', command: ['sleep', '600'] };
  const main = { name: 'main', image: 'x:1', command: ['sh', '-c', 'exit 3'] };
  const body = {
    metadata: { name: 'with-sidecar' },
    spec: { restartPolicy: 'Never', initContainers: [sidecar], containers: [main] },
  };
  const over = await podOver(talk, await talk.object('POST', PODS, { body }));
  expect(over.status).toMatchObject({
    phase: 'Failed',
    initContainerStatuses: [{ name: 'side', state: { terminated: {} } }],
  });
  expect(ends(over)).toEqual({ main: 3 });
});

test('nothing is lost while the API is away', async () => {
  const { talk, server, kubelet } = await setUp();
  const pod = await createPod(talk, 'hiccups', [step('a', 'sleep 0.2'), step('b')]);
  await waitUntil('the first runs', async () => (await kubelet.starts()).length > 0);
  server.faults.failNext(10, 503, { which: ({ verb }) => verb === 'patch' });
  server.faults.loseAnswers(2, ({ verb }) => verb === 'patch');
  server.faults.resetWatches();
  expect((await podOver(talk, pod)).status).toMatchObject({ phase: 'Succeeded' });
  expect(await kubelet.starts()).toHaveLength(2);
});
