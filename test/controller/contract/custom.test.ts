/** Custom resources: what a schema lets in, what it adds and takes away, and the status beside the spec. */
import { expect, test } from 'vitest';
import { JSON_PATCH, MERGE } from '../../support/api-server/talk.ts';
import { fresh, patch, refusal, useTarget } from './target.ts';
import { causesOf, useThings } from './things.ts';

const target = useTarget();
const things = useThings(target);

test('defaults come, and what the schema does not know goes', async () => {
  const { talk } = target();
  const body = {
    ...things.thing(fresh(), {
      size: 2,
      unknown: 1,
      items: [{ name: 'x', y: 1 }],
      open: { z: 1 },
      port: 'http',
    }),
    extra: true,
    status: { word: 'mine' },
  };
  const thing = await talk.object('POST', things.path(), { body });
  expect(thing.spec).toEqual({
    size: 2,
    min: 0,
    mode: 'a',
    open: { z: 1 },
    port: 'http',
    items: [{ name: 'x', n: 7 }],
  });
  expect(thing['extra']).toBeUndefined();
  // Not by this door.
  expect(thing.status).toBeUndefined();
  expect(thing.metadata.generation).toBe(1);
});

test('null is no value, and gets the default, except where it may be one', async () => {
  const { talk } = target();
  const body = things.thing(fresh(), { size: 2, mode: null, name: null, nothing: null });
  const thing = await talk.object('POST', things.path(), { body });
  expect(thing.spec).toEqual({ size: 2, min: 0, mode: 'a', nothing: null });
});

test('a generation counts changes of the spec, and nothing else', async () => {
  const { talk } = target();
  const name = fresh();
  const path = `${things.path()}/${name}`;
  await talk.object('POST', things.path(), { body: things.thing(name, { size: 4 }) });
  const generations = [
    await patch(talk, path, { spec: { size: 5 } }),
    await patch(talk, path, { metadata: { annotations: { a: 'b' } } }),
    await patch(talk, `${path}/status`, { status: { n: 1 } }),
    await patch(talk, path, { spec: { size: 5 } }),
    await patch(talk, path, { metadata: { generation: 9 } }),
    await patch(talk, path, { spec: { size: 6 } }),
  ].map(({ metadata }) => metadata.generation);
  expect(generations).toEqual([2, 2, 2, 2, 2, 3]);
});

test('the status is written by its own path only, and nothing else by that', async () => {
  const { talk } = target();
  const name = fresh();
  const path = `${things.path()}/${name}`;
  const made = await talk.object('POST', things.path(), { body: things.thing(name, { size: 4 }) });
  const ignored = await patch(talk, path, { status: { n: 1 } });
  expect(ignored).toEqual(made);
  const written = await patch(talk, `${path}/status`, {
    status: { n: 5 },
    spec: { size: 9 },
    metadata: { labels: { a: 'b' }, annotations: { c: 'd' } },
  });
  expect(written.spec).toEqual(made.spec);
  expect(written.metadata.labels).toBeUndefined();
  expect(written.metadata.annotations).toBeUndefined();
  // The status gets its defaults when it is there at all.
  expect(written.status).toEqual({ n: 5, word: 'none' });
  expect(await talk.object('GET', `${path}/status`)).toEqual(written);
  const kept = await patch(talk, path, { metadata: { labels: { a: 'b' } } });
  expect(kept.status).toEqual(written.status);
});

test('a status patch that changes nothing makes no new version', async () => {
  const { talk } = target();
  const name = fresh();
  await talk.object('POST', things.path(), { body: things.thing(name, { size: 4 }) });
  const path = `${things.path()}/${name}/status`;
  const change = { status: { n: 1, conditions: [{ type: 'A', status: 'True' }] } };
  const first = await patch(talk, path, change);
  const second = await patch(talk, path, change);
  expect(second).toEqual(first);
});

test('a status is checked too', async () => {
  const { talk } = target();
  const name = fresh();
  await talk.object('POST', things.path(), { body: things.thing(name, { size: 4 }) });
  const body = { status: { n: -5, conditions: [{ type: 'A' }, { type: 'A' }] } };
  const reply = await talk.ask('PATCH', `${things.path()}/${name}/status`, { body, type: MERGE });
  expect(reply.code).toBe(422);
  expect(
    causesOf(reply)
      .map(({ field }) => field)
      .toSorted(),
  ).toEqual(['status.conditions[1]', 'status.n']);
});

test('a status has its preconditions: a version in a merge patch, a test in a JSON patch', async () => {
  const { talk } = target();
  const name = fresh();
  const { metadata } = await talk.object('POST', things.path(), { body: things.thing(name, { size: 4 }) });
  const path = `${things.path()}/${name}/status`;
  const { resourceVersion } = metadata;
  await patch(talk, path, { metadata: { resourceVersion }, status: { n: 1 } });
  const stale = { metadata: { resourceVersion }, status: { n: 2 } };
  expect(refusal(await talk.ask('PATCH', path, { body: stale, type: MERGE }))).toMatchObject({
    code: 409,
    reason: 'Conflict',
  });
  const tested = [
    { op: 'test', path: '/metadata/uid', value: metadata.uid },
    { op: 'test', path: '/status/n', value: 9 },
    { op: 'replace', path: '/status/n', value: 2 },
  ];
  expect(refusal(await talk.ask('PATCH', path, { body: tested, type: JSON_PATCH }))).toMatchObject({
    code: 422,
    reason: 'Invalid',
  });
});

test('PUT needs the version', async () => {
  const { talk } = target();
  const name = fresh();
  const made = await talk.object('POST', things.path(), { body: things.thing(name, { size: 4 }) });
  const path = `${things.path()}/${name}`;
  const reply = await talk.ask('PUT', path, { body: things.thing(name, { size: 5 }) });
  expect(reply).toMatchObject({ code: 422, body: { reason: 'Invalid' } });
  expect(causesOf(reply).map(({ field }) => field)).toEqual(['metadata.resourceVersion']);
  const replaced = await talk.object('PUT', path, { body: { ...made, spec: { size: 5 } } });
  expect(replaced.spec).toEqual({ size: 5, min: 0, mode: 'a' });
  expect((await talk.ask('PUT', path, { body: { ...made, spec: { size: 6 } } })).code).toBe(409);
});

test('strategic merge patches are for built-in kinds', async () => {
  const { talk } = target();
  const name = fresh();
  await talk.object('POST', things.path(), { body: things.thing(name, { size: 4 }) });
  const type = 'application/strategic-merge-patch+json';
  expect((await talk.ask('PATCH', `${things.path()}/${name}`, { body: {}, type })).code).toBe(415);
});

test('items of a list say what they are', async () => {
  const { talk } = target();
  await talk.object('POST', things.path(), { body: things.thing(fresh(), { size: 4 }) });
  const list = await talk.object('GET', `${things.path()}?limit=1`);
  expect(list).toMatchObject({
    kind: 'ThingList',
    items: [{ kind: 'Thing', apiVersion: things.apiVersion }],
  });
});
