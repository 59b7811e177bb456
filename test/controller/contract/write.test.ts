/** Creating, replacing and patching, on the plainest of kinds. */
import { expect, test } from 'vitest';
import { JSON_PATCH, MERGE } from '../../support/api-server/talk.ts';
import { configMap, fresh, patch, refusal, useTarget } from './target.ts';

const target = useTarget();
const CONFLICT = { code: 409, kind: 'Status', status: 'Failure', reason: 'Conflict' };
const INVALID = { code: 422, kind: 'Status', status: 'Failure', reason: 'Invalid' };

test('a new object has a uid, a version and a time to the second', async () => {
  const { talk, core, namespace } = target();
  const name = fresh();
  const { code, body } = await talk.ask('POST', core('configmaps'), { body: configMap(name) });
  expect({ code, body }).toMatchObject({
    code: 201,
    body: {
      kind: 'ConfigMap',
      apiVersion: 'v1',
      data: { k: 'v' },
      metadata: {
        name,
        namespace,
        uid: expect.stringMatching(/^[0-9a-f-]{36}$/),
        resourceVersion: expect.stringMatching(/^\d+$/),
        creationTimestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/),
      },
    },
  });
  expect(body).not.toHaveProperty('metadata.generation');
  expect(await talk.object('GET', `${core('configmaps')}/${name}`)).toEqual(body);
});

test('generateName gets five characters', async () => {
  const { talk, core } = target();
  const body = { metadata: { generateName: 'some-' } };
  const { metadata } = await talk.object('POST', core('configmaps'), { body });
  expect(metadata).toMatchObject({
    generateName: 'some-',
    name: expect.stringMatching(/^some-[a-z0-9]{5}$/),
  });
});

test('versions are integers that grow with every write, whatever it is to', async () => {
  const { talk, core } = target();
  const first = await talk.object('POST', core('configmaps'), { body: configMap(fresh()) });
  const second = await talk.object('POST', core('secrets'), { body: { metadata: { name: fresh() } } });
  const third = await patch(talk, `${core('configmaps')}/${first.metadata.name}`, { data: { k: 'w' } });
  const versions = [first, second, third].map(({ metadata }) => Number(metadata.resourceVersion));
  expect(versions).toEqual(versions.toSorted((a, b) => a - b));
  expect(new Set(versions).size).toBe(3);
});

interface Refused {
  what: string;
  method: string;
  path: string;
  body?: unknown;
  type?: string;
  expected: object;
  /** `fields of the causes` */
  fields?: string[];
}

const refused: Refused[] = [
  {
    what: 'an object that is not there',
    method: 'GET',
    path: 'configmaps/missing',
    expected: { code: 404, reason: 'NotFound', details: { name: 'missing', kind: 'configmaps' } },
  },
  {
    what: 'a patch of an object that is not there',
    method: 'PATCH',
    path: 'configmaps/missing',
    type: MERGE,
    body: {},
    expected: { code: 404, reason: 'NotFound', details: { name: 'missing', kind: 'configmaps' } },
  },
  {
    what: 'the deletion of an object that is not there',
    method: 'DELETE',
    path: 'configmaps/missing',
    expected: { code: 404, reason: 'NotFound' },
  },
  {
    what: 'a name that is none',
    method: 'POST',
    path: 'configmaps',
    body: configMap('A_b'),
    expected: INVALID,
    fields: ['metadata.name'],
  },
  {
    what: 'no name',
    method: 'POST',
    path: 'configmaps',
    body: { metadata: {} },
    expected: INVALID,
    fields: ['metadata.name'],
  },
  {
    what: 'a label value that is none',
    method: 'POST',
    path: 'configmaps',
    body: { metadata: { name: 'x', labels: { a: 'b c' } } },
    expected: INVALID,
    fields: ['metadata.labels'],
  },
  {
    what: 'the namespace of another path',
    method: 'POST',
    path: 'configmaps',
    body: { metadata: { name: 'x', namespace: 'other' } },
    expected: { code: 400, reason: 'BadRequest' },
  },
  {
    what: 'another kind',
    method: 'POST',
    path: 'configmaps',
    body: { kind: 'Secret', apiVersion: 'v1', metadata: { name: 'x' } },
    expected: { code: 400, reason: 'BadRequest' },
  },
  {
    what: 'what is no JSON',
    method: 'POST',
    path: 'configmaps',
    body: 'not json',
    expected: { code: 400, reason: 'BadRequest' },
  },
  {
    what: 'a new object with a version',
    method: 'POST',
    path: 'configmaps',
    body: { metadata: { name: 'x', resourceVersion: '5' } },
    expected: { code: 500 },
  },
  {
    what: 'a method that is not for lists',
    method: 'PUT',
    path: 'configmaps',
    body: {},
    expected: { code: 405, reason: 'MethodNotAllowed' },
  },
  {
    what: 'a resource that is not served',
    method: 'GET',
    path: 'nothings',
    expected: { code: 404, reason: 'NotFound' },
  },
  {
    what: 'a script too many: over 1 MiB in a ConfigMap',
    method: 'POST',
    path: 'configmaps',
    body: configMap('big', { data: { k: 'x'.repeat(1024 * 1024 + 1) } }),
    expected: INVALID,
  },
  {
    what: 'more than 3 MiB in one request',
    method: 'POST',
    path: 'configmaps',
    body: configMap('big', { data: { k: 'x'.repeat(3_300_000) } }),
    expected: { code: 413, reason: 'RequestEntityTooLarge' },
  },
  {
    what: 'a number where a ConfigMap has texts',
    method: 'POST',
    path: 'configmaps',
    body: configMap('x', { data: { k: 1 } }),
    expected: { code: 400, reason: 'BadRequest' },
  },
  {
    what: 'a Secret that is not base64',
    method: 'POST',
    path: 'secrets',
    body: { metadata: { name: 'x' }, data: { k: '%%' } },
    expected: { code: 400, reason: 'BadRequest' },
  },
];

test.each(refused)('refused: $what', async ({ method, path, body, type, expected, fields }) => {
  const { talk, core } = target();
  const reply = await talk.ask(method, core(path), { body, ...(type !== undefined && { type }) });
  expect({ code: reply.code, ...reply.body }).toMatchObject({
    kind: 'Status',
    status: 'Failure',
    ...expected,
  });
  if (fields === undefined) return;
  const { causes } = reply.body['details'] as { causes: { field: string }[] };
  expect([...new Set(causes.map(({ field }) => field))]).toEqual(fields);
});

test('a name is there only once', async () => {
  const { talk, core } = target();
  const name = fresh();
  await talk.object('POST', core('configmaps'), { body: configMap(name) });
  const reply = await talk.ask('POST', core('configmaps'), { body: configMap(name) });
  expect(reply).toMatchObject({
    code: 409,
    body: { reason: 'AlreadyExists', details: { name, kind: 'configmaps' } },
  });
});

test('nothing is created in a namespace that is not there', async () => {
  const { talk } = target();
  const reply = await talk.ask('POST', '/api/v1/namespaces/missing/configmaps', { body: configMap('x') });
  expect(reply).toMatchObject({
    code: 404,
    body: { reason: 'NotFound', details: { name: 'missing', kind: 'namespaces' } },
  });
});

test('PUT replaces the whole object, with its own version only', async () => {
  const { talk, core } = target();
  const name = fresh();
  const path = `${core('configmaps')}/${name}`;
  const body = configMap(name, { metadata: { name, labels: { a: 'b' } } });
  const { metadata } = await talk.object('POST', core('configmaps'), { body });
  const { resourceVersion } = metadata;
  const next = { metadata: { name, resourceVersion }, data: { other: 'w' } };
  const replaced = await talk.object('PUT', path, { body: next });
  expect(replaced).toMatchObject({ data: { other: 'w' }, metadata: { uid: metadata.uid } });
  expect(replaced['data']).toEqual({ other: 'w' });
  expect(replaced.metadata.labels).toBeUndefined();
  expect(refusal(await talk.ask('PUT', path, { body: next }))).toEqual(CONFLICT);
  expect(refusal(await talk.ask('PUT', path, { body: { metadata: { name, uid: 'other' } } }))).toEqual(
    CONFLICT,
  );
  // Without a version it is replaced whatever it is.
  expect(await talk.ask('PUT', path, { body: { metadata: { name } } })).toMatchObject({ code: 200 });
});

test('a merge patch merges objects, removes by null and replaces lists', async () => {
  const { talk, core } = target();
  const name = fresh();
  const metadata = { name, annotations: { a: '1', b: '2' }, finalizers: ['contract.taskflow.test/a'] };
  const path = `${core('configmaps')}/${name}`;
  await talk.object('POST', core('configmaps'), { body: configMap(name, { metadata }) });
  const change = { metadata: { annotations: { a: null, c: '3' }, finalizers: [] }, data: { l: 'm' } };
  const patched = await patch(talk, path, change);
  expect(patched.metadata.annotations).toEqual({ b: '2', c: '3' });
  expect(patched.metadata.finalizers).toBeUndefined();
  expect(patched['data']).toEqual({ k: 'v', l: 'm' });
});

test('a version in a merge patch is a precondition', async () => {
  const { talk, core } = target();
  const { metadata } = await talk.object('POST', core('configmaps'), { body: configMap(fresh()) });
  const { name, resourceVersion } = metadata;
  const path = `${core('configmaps')}/${name}`;
  const change = { metadata: { resourceVersion }, data: { k: 'w' } };
  await patch(talk, path, change);
  expect(refusal(await talk.ask('PATCH', path, { body: change, type: MERGE }))).toEqual(CONFLICT);
});

test('a uid in a merge patch must be the right one', async () => {
  const { talk, core } = target();
  const { metadata } = await talk.object('POST', core('configmaps'), { body: configMap(fresh()) });
  const path = `${core('configmaps')}/${metadata.name}`;
  await patch(talk, path, { metadata: { uid: metadata.uid }, data: { k: 'w' } });
  const reply = await talk.ask('PATCH', path, { body: { metadata: { uid: 'other' } }, type: MERGE });
  expect([409, 422]).toContain(reply.code);
});

test('a write that changes nothing makes no new version', async () => {
  const { talk, core } = target();
  const { metadata } = await talk.object('POST', core('configmaps'), { body: configMap(fresh()) });
  const path = `${core('configmaps')}/${metadata.name}`;
  const patched = await patch(talk, path, { data: { k: 'v' } });
  expect(patched.metadata.resourceVersion).toBe(metadata.resourceVersion);
});

test('a JSON patch is applied when its tests hold, and not at all when one does not', async () => {
  const { talk, core } = target();
  const name = fresh();
  const annotations = { 'api.practice.com/order': '1' };
  const { metadata } = await talk.object('POST', core('configmaps'), {
    body: configMap(name, { metadata: { name, annotations } }),
  });
  const path = `${core('configmaps')}/${name}`;
  const move = (from: string, to: string): object[] => [
    { op: 'test', path: '/metadata/annotations/api.practice.com~1order', value: from },
    { op: 'replace', path: '/metadata/annotations/api.practice.com~1order', value: to },
    { op: 'add', path: '/data/new', value: to },
  ];
  const patched = await patch(talk, path, move('1', '2'), JSON_PATCH);
  expect(patched.metadata.annotations).toEqual({ 'api.practice.com/order': '2' });
  expect(refusal(await talk.ask('PATCH', path, { body: move('1', '3'), type: JSON_PATCH }))).toEqual(INVALID);
  const version = [{ op: 'test', path: '/metadata/resourceVersion', value: metadata.resourceVersion }];
  expect(refusal(await talk.ask('PATCH', path, { body: version, type: JSON_PATCH }))).toEqual(INVALID);
  const nowhere = [{ op: 'remove', path: '/data/missing' }];
  expect(refusal(await talk.ask('PATCH', path, { body: nowhere, type: JSON_PATCH }))).toEqual(INVALID);
  expect((await talk.object('GET', path))['data']).toEqual({ k: 'v', new: '2' });
});

test('an immutable ConfigMap stays as it is, its metadata apart', async () => {
  const { talk, core } = target();
  const name = fresh();
  await talk.object('POST', core('configmaps'), { body: configMap(name, { immutable: true }) });
  const path = `${core('configmaps')}/${name}`;
  const reply = await talk.ask('PATCH', path, { body: { data: { k: 'w' } }, type: MERGE });
  expect(reply).toMatchObject({ code: 422, body: { reason: 'Invalid' } });
  await patch(talk, path, { metadata: { labels: { a: 'b' } } });
});

test('stringData of a Secret becomes data', async () => {
  const { talk, core } = target();
  const body = { metadata: { name: fresh() }, stringData: { a: 'b' } };
  const secret = await talk.object('POST', core('secrets'), { body });
  expect(secret).toMatchObject({ data: { a: 'Yg==' }, type: 'Opaque' });
  expect(secret['stringData']).toBeUndefined();
});

test('an unknown kind of patch is refused', async () => {
  const { talk, core } = target();
  const { metadata } = await talk.object('POST', core('configmaps'), { body: configMap(fresh()) });
  const path = `${core('configmaps')}/${metadata.name}`;
  expect((await talk.ask('PATCH', path, { body: {}, type: 'application/foo' })).code).toBe(415);
});

test('a dry run answers as if, and does nothing', async () => {
  const { talk, core } = target();
  const name = fresh();
  const { code } = await talk.ask('POST', `${core('configmaps')}?dryRun=All`, { body: configMap(name) });
  expect(code).toBe(201);
  expect((await talk.ask('GET', `${core('configmaps')}/${name}`)).code).toBe(404);
});
