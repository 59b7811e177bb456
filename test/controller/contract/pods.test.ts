/** Pods without a kubelet: what the API server itself does with them. */
import { expect, test } from 'vitest';
import { MERGE } from '../../support/api-server/talk.ts';
import { waitUntil } from '../../support/wait-until.ts';
import { fresh, patch, pod, refusal, seen, useTarget, watching } from './target.ts';

const target = useTarget();
/** Of a node that is not there nothing is heard. */
const BOUND = { nodeName: 'contract-nowhere', nodeSelector: undefined };

test('a new pod is pending, and has its defaults', async () => {
  const { talk, core } = target();
  const made = await talk.object('POST', core('pods'), { body: pod(fresh()) });
  expect(made).toMatchObject({
    kind: 'Pod',
    apiVersion: 'v1',
    status: { phase: 'Pending' },
    metadata: { generation: 1 },
    spec: {
      restartPolicy: 'Never',
      terminationGracePeriodSeconds: 30,
      serviceAccountName: 'default',
      containers: [
        {
          name: 'a',
          terminationMessagePath: '/dev/termination-log',
          imagePullPolicy: 'IfNotPresent',
          terminationMessagePolicy: 'File',
        },
      ],
    },
  });
});

test.each([
  { image: 'registry.invalid/a', policy: 'Always' },
  { image: 'registry.invalid/a:latest', policy: 'Always' },
  { image: 'registry.invalid:5000/a', policy: 'Always' },
  { image: 'registry.invalid/a:1', policy: 'IfNotPresent' },
  { image: `registry.invalid/a@sha256:${'0'.repeat(64)}`, policy: 'IfNotPresent' },
])('the image $image is pulled $policy', async ({ image, policy }) => {
  const { talk, core } = target();
  const body = pod(fresh(), { containers: [{ name: 'a', image }] });
  const { spec } = await talk.object('POST', core('pods'), { body });
  expect(spec).toMatchObject({ containers: [{ imagePullPolicy: policy }] });
});

test('a field that it does not know is refused when it is asked to be strict', async () => {
  const { talk, core } = target();
  const containers = [{ name: 'a', image: 'x', envs: [] }];
  const body = pod(fresh(), { containers, spec: {} });
  const strict = await talk.ask('POST', `${core('pods')}?fieldValidation=Strict`, { body });
  expect(refusal(strict)).toMatchObject({ code: 400, reason: 'BadRequest' });
  for (const path of ['spec.containers[0].envs', 'spec.spec'])
    expect(strict.body['message']).toContain(`unknown field "${path}"`);
  expect(await talk.object('POST', core('pods'), { body })).toHaveProperty('spec.containers');
});

test.each([
  { what: 'no containers', more: { containers: [] }, fields: ['spec.containers'] },
  {
    what: 'a name that is none',
    more: { containers: [{ name: 'A', image: 'x' }] },
    fields: ['spec.containers[0].name'],
  },
  {
    what: 'no image',
    more: { containers: [{ name: 'a' }] },
    fields: ['spec.containers[0].image'],
  },
  {
    what: 'the same name twice',
    more: {
      containers: [
        { name: 'a', image: 'x' },
        { name: 'a', image: 'x' },
      ],
    },
    fields: ['spec.containers[1].name'],
  },
  {
    what: 'a volume that is not there',
    more: { containers: [{ name: 'a', image: 'x', volumeMounts: [{ name: 'v', mountPath: '/v' }] }] },
    fields: ['spec.containers[0].volumeMounts[0].name'],
  },
])('no pod with $what', async ({ more, fields }) => {
  const { talk, core } = target();
  const reply = await talk.ask('POST', core('pods'), { body: pod(fresh(), more) });
  expect(reply).toMatchObject({ code: 422, body: { reason: 'Invalid' } });
  const { causes } = reply.body['details'] as { causes: { field: string }[] };
  expect(causes.map(({ field }) => field)).toEqual(fields);
});

test('no pod with a service account that is not there', async () => {
  const { talk, core } = target();
  const reply = await talk.ask('POST', core('pods'), {
    body: pod(fresh(), { serviceAccountName: 'nobody' }),
  });
  expect(reply).toMatchObject({ code: 403, body: { reason: 'Forbidden' } });
});

test('the spec of a pod stays, its annotations do not', async () => {
  const { talk, core } = target();
  const name = fresh();
  await talk.object('POST', core('pods'), { body: pod(name) });
  const path = `${core('pods')}/${name}`;
  const reply = await talk.ask('PATCH', path, { body: { spec: { restartPolicy: 'Always' } }, type: MERGE });
  expect(reply).toMatchObject({ code: 422, body: { details: { causes: [{ field: 'spec' }] } } });
  const patched = await patch(talk, path, { metadata: { annotations: { 'api.practice.com/order': '2' } } });
  expect(patched.metadata).toMatchObject({ generation: 1, annotations: { 'api.practice.com/order': '2' } });
});

test('the status of a pod is written by its own path only, its times to the second', async () => {
  const { talk, core } = target();
  const name = fresh();
  await talk.object('POST', core('pods'), { body: pod(name, BOUND) });
  const path = `${core('pods')}/${name}`;
  const ignored = await patch(talk, path, { status: { phase: 'Running' } });
  expect(ignored.status).toMatchObject({ phase: 'Pending' });
  const running = { startedAt: '2026-01-01T00:00:00.500Z' };
  const container = { name: 'a', ready: true, restartCount: 0, image: 'a', imageID: '', state: { running } };
  const change = { status: { phase: 'Running', containerStatuses: [container] } };
  const written = await patch(talk, `${path}/status`, change);
  expect(written.status).toMatchObject({
    phase: 'Running',
    containerStatuses: [{ name: 'a', state: { running: { startedAt: '2026-01-01T00:00:00Z' } } }],
  });
});

test('a container that ended in a pod that starts none again does not run again', async () => {
  const { talk, core } = target();
  const name = fresh();
  await talk.object('POST', core('pods'), { body: pod(name, BOUND) });
  const path = `${core('pods')}/${name}/status`;
  const status = (state: object): object => ({
    status: {
      phase: 'Running',
      containerStatuses: [{ name: 'a', ready: false, restartCount: 0, image: 'a', imageID: '', state }],
    },
  });
  const time = '2026-01-01T00:00:00Z';
  const terminated = { exitCode: 0, startedAt: time, finishedAt: time };
  await patch(talk, path, status({ terminated }));
  const reply = await talk.ask('PATCH', path, {
    body: status({ running: { startedAt: time } }),
    type: MERGE,
  });
  expect(reply.code).toBe(422);
});

test('a pod that no node has goes at once: marked, then gone', async () => {
  const { talk, core } = target();
  const made = await talk.object('POST', core('pods'), { body: pod(fresh()) });
  const { name, resourceVersion } = made.metadata;
  const watch = watching(
    talk,
    `${core('pods')}?watch=1&resourceVersion=${resourceVersion}&fieldSelector=metadata.name%3D${name}`,
  );
  const { code, body } = await talk.ask('DELETE', `${core('pods')}/${name}`);
  expect(code).toBe(200);
  expect(body).toMatchObject({ kind: 'Pod', metadata: { name, deletionGracePeriodSeconds: 0 } });
  await waitUntil('it is gone', () => seen(watch, name).includes('DELETED'));
  await watch.end();
  // A scheduler may have written in between.
  expect(seen(watch, name).at(-2)).toBe('MODIFIED');
  expect(watch.events.at(-2)?.object.metadata.deletionTimestamp).toBeDefined();
  expect((await talk.ask('GET', `${core('pods')}/${name}`)).code).toBe(404);
});

test('a pod on a node stays, with a time to go, until it is deleted without grace', async () => {
  const { talk, core } = target();
  const name = fresh();
  await talk.object('POST', core('pods'), { body: pod(name, BOUND) });
  const path = `${core('pods')}/${name}`;
  const grace = async (query: string): Promise<unknown> => {
    const { metadata } = await talk.object('DELETE', `${path}${query}`);
    expect(metadata).toMatchObject({ generation: 2, deletionTimestamp: expect.any(String) });
    return metadata.deletionGracePeriodSeconds;
  };
  // Later deletions can only make it sooner.
  expect(await grace('')).toBe(30);
  expect(await grace('?gracePeriodSeconds=60')).toBe(30);
  expect(await grace('?gracePeriodSeconds=5')).toBe(5);
  expect((await talk.ask('GET', path)).code).toBe(200);
  await talk.object('DELETE', `${path}?gracePeriodSeconds=0`);
  expect((await talk.ask('GET', path)).code).toBe(404);
});

test('a pod that has ended goes at once', async () => {
  const { talk, core } = target();
  const name = fresh();
  await talk.object('POST', core('pods'), { body: pod(name, BOUND) });
  const path = `${core('pods')}/${name}`;
  await patch(talk, `${path}/status`, { status: { phase: 'Failed', reason: 'Evicted' } });
  await talk.object('DELETE', path);
  expect((await talk.ask('GET', path)).code).toBe(404);
});

test('a finalizer keeps a pod that has ended', async () => {
  const { talk, core } = target();
  const name = fresh();
  const finalizers = ['contract.taskflow.test/keep'];
  await talk.object('POST', core('pods'), { body: pod(name, {}, { finalizers }) });
  const path = `${core('pods')}/${name}`;
  await talk.object('DELETE', path);
  const { metadata } = await talk.object('GET', path);
  expect(metadata).toMatchObject({ finalizers, deletionTimestamp: expect.any(String) });
  await patch(talk, path, { metadata: { finalizers: null } });
  expect((await talk.ask('GET', path)).code).toBe(404);
});
