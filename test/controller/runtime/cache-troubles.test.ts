import { describe, expect, it } from 'vitest';
import { follow, followSynced, names } from '../../support/following.ts';
import { object } from '../../support/scripted-api.ts';
import { waitUntil } from '../../support/wait-until.ts';

describe('the answer to an own write', () => {
  it('is there at once, is told once, and is not undone by what is older', async () => {
    const { api, cache, told, watch } = await followSynced(object('a', 1));
    cache.put(object('a', 13));
    expect(names(cache)).toEqual(['a@13']);
    watch.event('MODIFIED', object('a', 11));
    watch.error(410, 'Expired');
    (await api.next()).page('12', [object('a', 12)]);
    const next = await api.nextWatch('12');
    next.event('MODIFIED', object('a', 13));
    next.event('ADDED', object('b', 14));
    await waitUntil('the last is told', () => told.includes('set b@14'));
    expect(told).toEqual(['set a@13', 'set b@14']);
  });
});

describe('a server that lags behind', () => {
  it('is asked again until it has come as far', async () => {
    const { api, cache, told, watch } = await followSynced(object('a', 1));
    watch.event('DELETED', object('a', 20));
    watch.error(410, 'Expired');
    (await api.next()).page('15', [object('a', 1)]);
    (await api.next()).page('20', []);
    await api.nextWatch('20');
    expect(told).toEqual(['deleted a@20']);
    expect(cache.size).toBe(0);
  });

  it('is believed when it stays so, as after a restored backup', async () => {
    const { api, cache, told, watch } = await followSynced(object('a', 9));
    watch.error(410, 'Expired');
    for (let tried = 0; tried < 5; tried++) (await api.next()).page('7', [object('a', 6)]);
    await api.nextWatch('7');
    expect(names(cache)).toEqual(['a@6']);
    expect(told).toEqual(['set a@6']);
  });
});

describe('a problem', () => {
  it.each([
    [
      401,
      'Unauthorized',
      'GET /apis/api.practice.com/v1alpha1/tasks?limit=20: 401 Unauthorized: Unauthorized, it says; the cluster does not accept the credentials: check the service account or the kubeconfig',
    ],
    [
      403,
      'Forbidden',
      'GET /apis/api.practice.com/v1alpha1/tasks?limit=20: 403 Forbidden: Forbidden, it says; allow get, list and watch of tasks.api.practice.com in all namespaces by a role',
    ],
    [
      404,
      'NotFound',
      'GET /apis/api.practice.com/v1alpha1/tasks?limit=20: 404 NotFound: NotFound, it says; the cluster has no tasks.api.practice.com of api.practice.com/v1alpha1: install its CustomResourceDefinition',
    ],
  ])('of status %i is said once, until it is over', async (status, reason, words) => {
    const { api, cache, lines } = await follow();
    for (let tried = 0; tried < 5; tried++) (await api.next()).refuse(status, reason);
    const last = await api.next();
    expect(cache.problem).toBe(words);
    last.page('10', []);
    await cache.synced;
    expect(cache.problem).toBeUndefined();
    expect(lines).toMatchObject([
      { level: 'warn', fields: { resource: 'tasks.api.practice.com', problem: words } },
      { level: 'info', message: 'the API server can be followed again' },
    ]);
  });

  it('is none while a watch fails now and then, but is one when it fails again and again', async () => {
    const { api, cache, lines, watch } = await followSynced();
    watch.reset();
    (await api.next()).refuse(500, 'InternalError');
    const third = await api.next();
    expect([cache.problem, lines]).toEqual([undefined, []]);
    third.refuse(500, 'InternalError');
    const fourth = await api.next();
    expect(cache.problem).toContain('500 InternalError');
    fourth.response.writeHead(200);
    fourth.bookmark('11');
    await waitUntil('it is over', () => cache.problem === undefined);
    expect(lines.map(({ level }) => level)).toEqual(['warn', 'info']);
  });
});

it('a server that goes away and comes back is followed further', async () => {
  const { api, cache, told, watch } = await followSynced(object('a', 1));
  const { port, server } = api;
  await new Promise((resolve) => {
    server.close(resolve);
    watch.reset();
    server.closeAllConnections();
  });
  await waitUntil('the cache notices', () => cache.problem !== undefined);
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  (await api.nextWatch('10')).event('MODIFIED', object('a', 11));
  await waitUntil('it goes on', () => told.length === 1);
});
