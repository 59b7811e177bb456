import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { type KubeObject } from '../../../controller/runtime/objects.ts';
import { follow, followSynced, names } from '../../support/following.ts';
import { object, type Call, type ScriptedApi } from '../../support/scripted-api.ts';
import { waitUntil } from '../../support/wait-until.ts';

describe('the first list', () => {
  it('is read page by page, and is there when all of them are', async () => {
    const { api, cache, told } = await follow({ pageSize: 2, labelSelector: 'x=y', namespace: 'default' });
    const first = await api.next();
    expect(first.url.pathname).toBe('/apis/api.practice.com/v1alpha1/namespaces/default/tasks');
    expect(Object.fromEntries(first.url.searchParams)).toEqual({ labelSelector: 'x=y', limit: '2' });
    first.page('10', [object('a', 1), object('b', 2)], 'more');
    const second = await api.next();
    expect(second.url.searchParams.get('continue')).toBe('more');
    expect(cache.hasSynced).toBe(false);
    second.page('10', [object('c', 3)]);
    await cache.synced;
    expect([cache.hasSynced, cache.size]).toEqual([true, 3]);
    expect(told).toEqual(['set a@1', 'set b@2', 'set c@3']);
    expect(cache.get('default', 'b')).toEqual(object('b', 2));
    expect(cache.get('other', 'b')).toBeUndefined();
    const watch = await api.nextWatch('10');
    expect(watch.url.searchParams.get('labelSelector')).toBe('x=y');
    expect(watch.url.searchParams.get('timeoutSeconds')).toBe('60');
  });

  it('begins again when it took so long that the server has forgotten where it was', async () => {
    const { api, cache, told } = await follow();
    (await api.next()).page('10', [object('a', 1), object('b', 2)], 'more');
    (await api.next()).refuse(410, 'Expired');
    const again = await api.next();
    expect(again.url.searchParams.get('continue')).toBeNull();
    again.page('20', [object('b', 2), object('c', 11)]);
    await cache.synced;
    expect(names(cache)).toEqual(['b@2', 'c@11']);
    expect(told).toEqual(['set a@1', 'set b@2', 'set c@11', 'deleted a@1']);
    await api.nextWatch('20');
  });

  it('is tried until the server gives it, whatever it does before', async () => {
    const { api, cache, lines } = await follow();
    (await api.next()).reset();
    (await api.next()).refuse(500, 'InternalError');
    (await api.next()).response.end('<html>');
    (await api.next()).refuse(410, 'Gone');
    (await api.next()).refuse(410, 'Gone');
    (await api.next()).page('10', [object('a', 1)]);
    await cache.synced;
    expect(names(cache)).toEqual(['a@1']);
    expect(lines.map(({ level }) => level)).toEqual(['warn', 'warn', 'warn', 'warn', 'info']);
  });

  it('that the server is too slow for is tried again', async () => {
    const { api, cache } = await follow({ client: { requestTimeout: 300 } });
    const slow = await api.next();
    await waitUntil('the client has given up', () => slow.gone);
    // The next answer may be late, too, while this machine is busy.
    await waitUntil('there is a list', () => {
      api.take()?.page('10', [object('a', 1)]);
      return cache.hasSynced;
    });
    expect(names(cache)).toEqual(['a@1']);
  });

  it('is asked for in smaller pages when one is too large', async () => {
    const { api, cache } = await follow({ client: { maxBytes: 1000 }, pageSize: 8 });
    (await api.next()).page(
      '10',
      Array.from({ length: 8 }, (_, index) => object('x'.repeat(200), index)),
    );
    const smaller = await api.next();
    expect(smaller.url.searchParams.get('limit')).toBe('2');
    smaller.page('10', [object('a', 1)]);
    await cache.synced;
  });

  it('that never comes does not keep anybody waiting when the cache is stopped', async () => {
    const { api, cache, stop, running } = await follow();
    await api.next();
    stop.abort(new Error('enough'));
    await running;
    await expect(cache.synced).rejects.toThrow('enough');
  });

  it('stores objects as they are to be kept', async () => {
    const keep = ({ metadata }: KubeObject): KubeObject => {
      const { managedFields, ...others } = metadata;
      expect(managedFields).toBeDefined();
      return { metadata: others };
    };
    const { api, cache } = await follow({ keep });
    const long = { metadata: { ...object('a', 1).metadata, managedFields: ['x'] } };
    (await api.next()).page('10', [long]);
    await cache.synced;
    expect(cache.get('default', 'a')).toEqual(object('a', 1));
    const watch = await api.nextWatch();
    watch.event('MODIFIED', { metadata: { ...object('a', 11).metadata, managedFields: ['x'] } });
    await waitUntil('it has changed', () => names(cache)[0] === 'a@11');
    expect(cache.get('default', 'a')).toEqual(object('a', 11));
  });
});

describe('a watch', () => {
  it('tells of what is made, changed and deleted', async () => {
    const { cache, told, watch } = await followSynced(object('a', 1));
    watch.event('ADDED', object('b', 11));
    watch.event('MODIFIED', object('a', 12));
    watch.event('DELETED', object('b', 13));
    await waitUntil('all has been told', () => told.length === 3);
    expect(told).toEqual(['set b@11', 'set a@12', 'deleted b@13']);
    expect(names(cache)).toEqual(['a@12']);
  });

  it.each<[string, (watch: Call) => void]>([
    ['ends', (watch) => watch.end()],
    ['is reset', (watch) => watch.reset()],
    ['says what is no event', (watch) => watch.event('ADDED', null)],
    ['says that the server is wrong', (watch) => watch.error(500, 'InternalError')],
  ])('that %s goes on from where it was, told of by an event', async (_, act) => {
    const { api, watch, told } = await followSynced();
    watch.event('ADDED', object('a', 15));
    await waitUntil('it is told', () => told.length === 1);
    act(watch);
    const next = await api.nextWatch('15');
    next.event('MODIFIED', object('a', 16));
    await waitUntil('the next one is told, too', () => told.length === 2);
  });

  it('that ends goes on from the last bookmark', async () => {
    const { api, watch } = await followSynced();
    watch.bookmark('40');
    watch.end();
    const next = await api.nextWatch();
    expect(next.url.searchParams.get('resourceVersion')).toBe('40');
  });

  it('that is silent for longer than it should last is opened again', async () => {
    const { api, told } = await follow({ client: { watchSlack: 50 }, watchSeconds: 0.05 });
    (await api.next()).page('10', []);
    const silent = await api.nextWatch('10');
    await waitUntil('it is given up', () => silent.gone);
    // While this machine is busy, the next one may be given up before it has said something.
    await waitUntil('another one tells', () => {
      api.take()?.event('ADDED', object('a', 11));
      return told.length > 0;
    });
    expect(told).toEqual(['set a@11']);
  });

  it('that ends without a word, not even a bookmark, is followed by a list', async () => {
    const { api, cache, watch } = await followSynced(object('a', 1));
    await sleep(1000);
    watch.end();
    (await api.next()).page('20', [object('a', 15)]);
    await api.nextWatch('20');
    expect(names(cache)).toEqual(['a@15']);
  });

  it('that ends at once, again and again, is asked for ever more seldom', async () => {
    const { api } = await follow({ backoff: { first: 1, most: 60_000 } });
    (await api.next()).page('10', []);
    const ends = performance.now() + 500;
    let watches = 0;
    while (performance.now() < ends) {
      await sleep(5);
      const watch = api.take();
      if (watch === undefined) continue;
      expect(watch.url.searchParams.get('resourceVersion')).toBe('10');
      watch.end();
      watches++;
    }
    // 1 + 2 + 4 … ms, halved by chance at most
    expect(watches).toBeLessThan(15);
  });

  it.each<[string, (api: ScriptedApi, watch: Call) => Promise<void> | void]>([
    ['an event', (_, watch) => watch.error(410, 'Expired')],
    [
      'a status',
      async (api, watch) => {
        watch.reset();
        (await api.next()).refuse(410, 'Gone');
      },
    ],
  ])('whose version is forgotten, said by %s, is followed by a list and what it changes', async (_, act) => {
    const { api, cache, told, watch } = await followSynced(object('a', 1), object('b', 2), object('c', 3));
    await act(api, watch);
    (await api.next()).page('50', [
      object('a', 1),
      object('b', 40),
      object('c', 45, 'another'),
      object('d', 41),
    ]);
    await api.nextWatch('50');
    expect(told).toEqual(['set b@40', 'deleted c@3', 'set c@45', 'set d@41']);
    watch.end();
    expect(names(cache)).toEqual(['a@1', 'b@40', 'c@45', 'd@41']);
  });

  it('tells the others when a handler fails', async () => {
    const lines: object[] = [];
    const told: string[] = [];
    const { api } = await follow({
      onChange({ metadata: { name } }) {
        told.push(name);
        if (name === 'a') throw new Error('broken');
      },
      log: {
        debug: () => undefined,
        info: () => undefined,
        warn: () => undefined,
        error: (fields, message) => lines.push({ fields, message }),
      },
    });
    (await api.next()).page('10', [object('a', 1), object('b', 2)]);
    (await api.nextWatch()).event('ADDED', object('c', 11));
    await waitUntil('the last is told', () => told.length === 3);
    expect(lines).toMatchObject([
      { message: 'a handler of changes failed', fields: { namespace: 'default', name: 'a' } },
    ]);
  });
});
