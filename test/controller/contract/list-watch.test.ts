/** Lists page by page, and watches: what a cache is made of. */
import { expect, test } from 'vitest';
import { listOf, type ApiObject } from '../../support/api-server/object.ts';
import { waitUntil } from '../../support/wait-until.ts';
import {
  COLLECTED,
  configMap,
  fresh,
  patch,
  seen,
  SLOW,
  useTarget,
  watching,
  type Target,
} from './target.ts';

const target = useTarget();

/** Some ConfigMaps with a label that only they have. */
async function several({ talk, core }: Target, count: number): Promise<{ label: string; names: string[] }> {
  const label = fresh('label');
  const names = Array.from({ length: count }, () => fresh());
  for (const name of names) {
    const body = configMap(name, { metadata: { name, labels: { set: label } } });
    await talk.object('POST', core('configmaps'), { body });
  }
  return { label, names: names.toSorted() };
}

function namesOf(list: ApiObject): string[] {
  return listOf(list['items']).map((item) => (item as ApiObject).metadata.name);
}

/** The version of a list of now. */
async function versionNow({ talk, core }: Target): Promise<string> {
  const { metadata } = await talk.object('GET', `${core('configmaps')}?limit=1`);
  return metadata.resourceVersion;
}

test('a list is sorted by name, and its items do not say what they are', async () => {
  const { talk, core } = target();
  const { label, names } = await several(target(), 3);
  const list = await talk.object('GET', `${core('configmaps')}?labelSelector=set%3D${label}`);
  expect(list).toMatchObject({
    kind: 'ConfigMapList',
    apiVersion: 'v1',
    metadata: { resourceVersion: expect.stringMatching(/^\d+$/) },
  });
  expect(namesOf(list)).toEqual(names);
  for (const item of listOf(list['items'])) expect(Object.keys(item)).not.toContain('kind');
});

test('pages show one moment: what happens in between is not in them', async () => {
  const { talk, core } = target();
  const { label, names } = await several(target(), 5);
  const selector = `labelSelector=set%3D${label}`;
  const first = await talk.object('GET', `${core('configmaps')}?${selector}&limit=2`);
  const token = String(first.metadata['continue']);
  expect(namesOf(first)).toEqual(names.slice(0, 2));
  expect(token).not.toBe('');

  const last = names.at(-1) ?? '';
  await talk.object('DELETE', `${core('configmaps')}/${last}`);
  const late = configMap('zzz-late', { metadata: { name: `${last}z`, labels: { set: label } } });
  await talk.object('POST', core('configmaps'), { body: late });

  const next = `${core('configmaps')}?${selector}&limit=10&continue=${encodeURIComponent(token)}`;
  const second = await talk.object('GET', next);
  expect(namesOf(second)).toEqual(names.slice(2));
  expect(second.metadata.resourceVersion).toBe(first.metadata.resourceVersion);
  expect(second.metadata['continue'] ?? '').toBe('');
});

test('across all namespaces too', async () => {
  const { talk } = target();
  const { label, names } = await several(target(), 2);
  const list = await talk.object('GET', `/api/v1/configmaps?labelSelector=set%3D${label}`);
  expect(namesOf(list)).toEqual(names);
});

test.each([
  { selector: 'set=LABEL,n=1', found: ['1'] },
  { selector: 'set=LABEL,n==1', found: ['1'] },
  { selector: 'set=LABEL,n!=1', found: ['2', 'none'] },
  { selector: 'set=LABEL,n in (1,2)', found: ['1', '2'] },
  { selector: 'set=LABEL,n notin (1)', found: ['2', 'none'] },
  { selector: 'set=LABEL,n', found: ['1', '2'] },
  { selector: 'set=LABEL,!n', found: ['none'] },
])('the selector $selector', async ({ selector, found }) => {
  const { talk, core } = target();
  const label = fresh('label');
  for (const n of ['1', '2', 'none']) {
    const metadata = { name: fresh(n), labels: { set: label, ...(n !== 'none' && { n }) } };
    await talk.object('POST', core('configmaps'), { body: configMap('', { metadata }) });
  }
  const query = encodeURIComponent(selector.replace('LABEL', label));
  const list = await talk.object('GET', `${core('configmaps')}?labelSelector=${query}`);
  expect(namesOf(list).map((name) => name.split('-')[0])).toEqual(found);
});

test('the field selector metadata.name', async () => {
  const { talk, core } = target();
  const { names } = await several(target(), 2);
  const [name = ''] = names;
  const list = await talk.object('GET', `${core('configmaps')}?fieldSelector=metadata.name%3D${name}`);
  expect(namesOf(list)).toEqual([name]);
});

test.each([
  { what: 'a selector that is none', query: 'labelSelector=a%3D%2C%2Cb', code: 400 },
  { what: 'a field that cannot be selected by', query: 'fieldSelector=foo%3Dbar', code: 400 },
  { what: 'a continue token that is none', query: 'continue=xx', code: 400 },
  { what: 'a version that is none', query: 'resourceVersion=abc', code: 400 },
  { what: 'a version that is too old', query: 'resourceVersion=1&resourceVersionMatch=Exact', code: 410 },
])('refused: $what', async ({ query, code }) => {
  const { talk, core } = target();
  expect((await talk.ask('GET', `${core('configmaps')}?${query}`)).code).toBe(code);
});

test('a version that is not there yet: 504, and when to come again', async () => {
  const { talk, core } = target();
  const future = Number(await versionNow(target())) + 1_000_000;
  expect(await talk.ask('GET', `${core('configmaps')}?resourceVersion=${future}`)).toMatchObject({
    code: 504,
    headers: { 'retry-after': '1' },
    body: { reason: 'Timeout', details: { causes: [{ reason: 'ResourceVersionTooLarge' }] } },
  });
});

test('a watch tells what happened since a version, and what happens', async () => {
  const { talk, core } = target();
  const since = await versionNow(target());
  const before = await talk.object('POST', core('configmaps'), { body: configMap(fresh()) });
  const watch = watching(talk, `${core('configmaps')}?watch=1&resourceVersion=${since}`);
  const path = `${core('configmaps')}/${before.metadata.name}`;
  const patched = await patch(talk, path, { data: { k: 'w' } });
  await talk.object('DELETE', path);
  await waitUntil('it is deleted', () => seen(watch, before.metadata.name).includes('DELETED'));
  await watch.end();
  expect(seen(watch, before.metadata.name)).toEqual(['ADDED', 'MODIFIED', 'DELETED']);
  const [added, modified, deleted] = watch.events;
  expect(added?.object).toEqual(before);
  expect(modified?.object).toEqual(patched);
  // The last state, at the version of the deletion.
  expect(deleted?.object).toMatchObject({ kind: 'ConfigMap', data: { k: 'w' } });
  expect(Number(deleted?.object.metadata.resourceVersion)).toBeGreaterThan(
    Number(patched.metadata.resourceVersion),
  );
});

test.each([
  { what: 'no version', query: '' },
  { what: 'version 0', query: '&resourceVersion=0' },
])('a watch from $what begins with everything', async ({ query }) => {
  const { talk, core } = target();
  const { label, names } = await several(target(), 2);
  const watch = watching(talk, `${core('configmaps')}?watch=1&labelSelector=set%3D${label}${query}`);
  await waitUntil('both came', () => watch.events.length >= 2);
  await watch.end();
  expect(watch.events.map(({ type }) => type)).toEqual(['ADDED', 'ADDED']);
  expect(watch.events.map(({ object }) => object.metadata.name).toSorted()).toEqual(names);
});

test('an object comes and goes by its labels', async () => {
  const { talk, core } = target();
  const label = fresh('label');
  const since = await versionNow(target());
  const watch = watching(
    talk,
    `${core('configmaps')}?watch=1&resourceVersion=${since}&labelSelector=set%3D${label}`,
  );
  const { metadata } = await talk.object('POST', core('configmaps'), { body: configMap(fresh()) });
  const path = `${core('configmaps')}/${metadata.name}`;
  await patch(talk, path, { metadata: { labels: { set: label } } });
  await patch(talk, path, { data: { k: 'w' } });
  const gone = await patch(talk, path, { metadata: { labels: { set: 'other' } }, data: { k: 'x' } });
  await waitUntil('it is gone', () => seen(watch, metadata.name).includes('DELETED'));
  await watch.end();
  expect(seen(watch, metadata.name)).toEqual(['ADDED', 'MODIFIED', 'DELETED']);
  // Shown as it was when it still matched, at the version of the change.
  expect(watch.events.at(-1)?.object).toMatchObject({
    data: { k: 'w' },
    metadata: { labels: { set: label }, resourceVersion: gone.metadata.resourceVersion },
  });
});

test('a watch ends when its time is over', async () => {
  const { talk, core } = target();
  const watch = watching(talk, `${core('configmaps')}?watch=1&timeoutSeconds=1`);
  await waitUntil('it is over', () => watch.over);
});

test('a watch from a version that is too old says so in its first event', async () => {
  const { talk, core } = target();
  const watch = watching(talk, `${core('configmaps')}?watch=1&resourceVersion=1`);
  await waitUntil('it is over', () => watch.over);
  expect(watch.events).toMatchObject([
    { type: 'ERROR', object: { kind: 'Status', code: 410, reason: 'Expired', status: 'Failure' } },
  ]);
});

test('bookmarks come to who asked, and say how far the watch is', SLOW, async () => {
  const { talk, core } = target();
  const { metadata } = await talk.object('POST', core('configmaps'), { body: configMap(fresh()) });
  const query = `watch=1&resourceVersion=${metadata.resourceVersion}&timeoutSeconds=5`;
  const bookmark = await waitUntil(
    'a bookmark came',
    async () => {
      const watch = watching(talk, `${core('configmaps')}?${query}&allowWatchBookmarks=true`);
      await waitUntil('its time is over', () => watch.over);
      return watch.events.find(({ type }) => type === 'BOOKMARK');
    },
    COLLECTED,
  );
  expect(bookmark.object).toMatchObject({ kind: 'ConfigMap', apiVersion: 'v1' });
  expect(Number(bookmark.object.metadata.resourceVersion)).toBeGreaterThanOrEqual(
    Number(metadata.resourceVersion),
  );
  const silent = watching(talk, `${core('configmaps')}?${query}`);
  await waitUntil('its time is over', () => silent.over);
  expect(silent.events.map(({ type }) => type)).not.toContain('BOOKMARK');
});

test('a watch that begins with everything can say where that ends', async () => {
  const { talk, core } = target();
  const { label } = await several(target(), 2);
  const query = 'sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true';
  const watch = watching(talk, `${core('configmaps')}?watch=1&labelSelector=set%3D${label}&${query}`);
  await waitUntil('three events came', () => watch.events.length >= 3);
  await watch.end();
  expect(watch.events.map(({ type }) => type)).toEqual(['ADDED', 'ADDED', 'BOOKMARK']);
  expect(watch.events[2]?.object.metadata.annotations).toEqual({ 'k8s.io/initial-events-end': 'true' });
});

test.each(['/version', '/api', '/apis', '/apis/coordination.k8s.io/v1', '/apis/events.k8s.io'])(
  '%s can be discovered',
  async (path) => {
    const { talk } = target();
    expect(await talk.ask('GET', path)).toMatchObject({ code: 200 });
  },
);

test('a group that is not served is no Status', async () => {
  const { talk } = target();
  expect(await talk.ask('GET', '/apis/missing.taskflow.test/v1/things')).toMatchObject({
    code: 404,
    body: {},
  });
});
