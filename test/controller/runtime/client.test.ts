import { describe, expect, it, onTestFinished } from 'vitest';
import { type ClientSettings, type HttpClient, type Seen } from '../../../controller/runtime/client.ts';
import { ApiError } from '../../../controller/runtime/errors.ts';
import { PODS, TASKS } from '../../../controller/runtime/objects.ts';
import { object, startScriptedApi, type ScriptedApi } from '../../support/scripted-api.ts';
import { all, clientOf, failure, startWithClient } from '../../support/api-clients.ts';
import { freePort } from '../../support/servers.ts';
import { waitUntil } from '../../support/wait-until.ts';

const REF = { namespace: 'default', name: 'a' };

describe('a request', () => {
  it.each<[string, (client: HttpClient) => Promise<unknown>, string, string | undefined, unknown]>([
    ['get', (c) => c.get(PODS, REF), 'GET /api/v1/namespaces/default/pods/a', undefined, undefined],
    [
      'create',
      (c) => c.create(TASKS, object('a', 1)),
      'POST /apis/api.practice.com/v1alpha1/namespaces/default/tasks',
      'application/json',
      object('a', 1),
    ],
    [
      'a JSON patch',
      (c) => c.patch(PODS, REF, { type: 'json', body: [{ op: 'test', path: '/a', value: 'ü' }] }),
      'PATCH /api/v1/namespaces/default/pods/a',
      'application/json-patch+json',
      [{ op: 'test', path: '/a', value: 'ü' }],
    ],
    [
      'a merge patch of a subresource',
      (c) => c.patch(TASKS, { ...REF, subresource: 'status' }, { type: 'merge', body: { status: null } }),
      'PATCH /apis/api.practice.com/v1alpha1/namespaces/default/tasks/a/status',
      'application/merge-patch+json',
      { status: null },
    ],
    [
      'server-side apply',
      (c) => c.patch(PODS, REF, { type: 'apply', body: { x: 1 }, fieldManager: 'me', force: true }),
      'PATCH /api/v1/namespaces/default/pods/a?fieldManager=me&force=true',
      'application/apply-patch+yaml',
      { x: 1 },
    ],
    [
      'delete',
      (c) => c.delete(PODS, REF, { uid: 'u', propagationPolicy: 'Background', gracePeriodSeconds: 0 }),
      'DELETE /api/v1/namespaces/default/pods/a',
      'application/json',
      {
        apiVersion: 'v1',
        kind: 'DeleteOptions',
        preconditions: { uid: 'u' },
        propagationPolicy: 'Background',
        gracePeriodSeconds: 0,
      },
    ],
  ])('%s is as Kubernetes wants it', async (_, act, line, type, body) => {
    const { api, client } = await startWithClient();
    const done = act(client);
    const call = await api.next();
    expect(`${call.method} ${call.url.pathname}${call.url.search}`).toBe(line);
    expect(call.headers).toMatchObject({
      accept: 'application/json',
      authorization: 'Bearer secret',
      'user-agent': 'taskflow-controller/1.2.3',
    });
    expect(call.headers['content-type']).toBe(type);
    expect(call.body === '' ? undefined : JSON.parse(call.body)).toEqual(body);
    call.json(object('a', 2));
    await done;
  });

  it('goes below the path of the server’s address', async () => {
    const api = await startScriptedApi();
    const got = clientOf(`${api.url}/k8s/clusters/c1/`).get(PODS, REF);
    const call = await api.next();
    expect(call.url.pathname).toBe('/k8s/clusters/c1/api/v1/namespaces/default/pods/a');
    call.json(object('a', 1));
    expect(await got).toEqual(object('a', 1));
  });

  it('for a list has what was asked, and gives where to go on', async () => {
    const { api, client } = await startWithClient();
    const listed = client.list(PODS, { namespace: 'n', labelSelector: 'a=b', limit: 2, continue: 'x' });
    const call = await api.next();
    expect(call.url.pathname).toBe('/api/v1/namespaces/n/pods');
    expect(Object.fromEntries(call.url.searchParams)).toEqual({
      labelSelector: 'a=b',
      limit: '2',
      continue: 'x',
    });
    call.page('7', [object('a', 1)], 'y');
    expect(await listed).toMatchObject({
      metadata: { resourceVersion: '7', continue: 'y' },
      items: [object('a', 1)],
    });
  });

  it('for the version gives it', async () => {
    const { api, client } = await startWithClient();
    const version = client.version();
    (await api.next()).json({ major: '1', minor: '36', gitVersion: 'v1.36.2', platform: 'x' });
    expect(await version).toEqual({ major: '1', minor: '36', gitVersion: 'v1.36.2' });
  });

  it('is seen by who counts them', async () => {
    const seen: Seen[] = [];
    const { api, client } = await startWithClient({ onRequest: (one) => seen.push(one) });
    const patched = failure(
      client.patch(TASKS, { ...REF, subresource: 'status' }, { type: 'merge', body: {} }),
    );
    (await api.next()).refuse(409, 'Conflict');
    await patched;
    const listed = client.list(PODS, {});
    (await api.next()).page('1', []);
    await listed;
    const cut = failure(client.create(PODS, object('a', 1)));
    (await api.next()).reset();
    await cut;
    expect(seen.map(({ verb, resource, code }) => `${verb} ${resource} ${code}`)).toEqual([
      'patch tasks/status 409',
      'list pods 200',
      'create pods error',
    ]);
    for (const { seconds } of seen) expect(seconds).toBeGreaterThan(0);
  });

  it('waits for no watch, however many there are', async () => {
    const { api, client } = await startWithClient({ maxConnections: 1 });
    const stop = new AbortController();
    const watches = Array.from({ length: 5 }, () =>
      failure(all(client.watch(PODS, { resourceVersion: '1', timeoutSeconds: 60 }, { signal: stop.signal }))),
    );
    for (const _ of watches) await api.nextWatch('1');
    const got = client.get(PODS, REF);
    (await api.next()).json(object('a', 1));
    expect(await got).toEqual(object('a', 1));
    stop.abort();
    await Promise.all(watches);
  });
});

describe('a refusal', () => {
  it('is told in the server’s own words', async () => {
    const { api, client } = await startWithClient();
    const error = failure(client.get(PODS, REF));
    (await api.next()).refuse(404, 'NotFound', 'pods "a" not found');
    expect(await error).toMatchObject({
      name: 'ApiError',
      status: 404,
      reason: 'NotFound',
      message: 'GET /api/v1/namespaces/default/pods/a: 404 NotFound: pods "a" not found',
    });
  });

  it('of a proxy is told in the proxy’s', async () => {
    const { api, client } = await startWithClient();
    const error = failure(client.create(PODS, object('a', 1)));
    (await api.next()).response.writeHead(502).end('<html><h1>Bad\n Gateway</h1></html>');
    expect(await error).toMatchObject({
      status: 502,
      reason: 'Unknown',
      message: 'POST /api/v1/namespaces/default/pods: 502 Unknown: Bad Gateway',
    });
  });

  it('that asks to come again is obeyed', async () => {
    const { api, client } = await startWithClient();
    const got = client.get(PODS, REF);
    (await api.next()).refuse(503, 'ServiceUnavailable');
    (await api.next()).refuse(429, 'TooManyRequests', 'wait', { 'retry-after': '0' });
    (await api.next()).json(object('a', 1));
    expect(await got).toEqual(object('a', 1));
  });

  it('that asks for a long time is the caller’s', async () => {
    const { api, client } = await startWithClient();
    const error = failure(client.create(PODS, object('a', 1)));
    (await api.next()).refuse(429, 'TooManyRequests', 'wait', { 'retry-after': '60' });
    expect(await error).toMatchObject({ status: 429, retryAfter: 60_000 });
  });

  it('of a write that may have been done is not tried again', async () => {
    const { api, client } = await startWithClient();
    const error = failure(client.create(PODS, object('a', 1)));
    (await api.next()).refuse(503, 'ServiceUnavailable');
    expect(await error).toBeInstanceOf(ApiError);
    expect(api.count).toBe(1);
  });
});

describe('no answer', () => {
  it.each<[string, string, Partial<ClientSettings>, (api: ScriptedApi) => Promise<unknown>]>([
    ['in time', 'timeout', { requestTimeout: 200 }, () => Promise.resolve()],
    [
      'to its end in time',
      'timeout',
      { requestTimeout: 500 },
      async (api) => (await api.next()).response.writeHead(200).write('{"metadata":'),
    ],
    ['before the connection is reset', 'connection', {}, async (api) => (await api.next()).reset()],
    [
      'to its end before the connection is reset',
      'connection',
      {},
      async (api) => {
        const call = await api.next();
        call.response.writeHead(200, { 'content-length': '100' });
        call.response.write('{"metadata":', () => call.reset());
      },
    ],
    ['that is JSON', 'answer', {}, async (api) => (await api.next()).response.end('<html>')],
    ['that is an object', 'answer', {}, async (api) => (await api.next()).json([])],
    [
      'that is not too large',
      'size',
      { maxBytes: 100 },
      async (api) => (await api.next()).json('x'.repeat(200)),
    ],
    [
      'of unknown length that is not too large',
      'size',
      { maxBytes: 100 },
      async (api) => {
        const { response } = await api.next();
        response.write('"');
        response.end('x'.repeat(200));
      },
    ],
  ])('%s', async (_, obstacle, settings, answer) => {
    const { api, client } = await startWithClient(settings);
    const error = failure(client.get(PODS, REF));
    await answer(api);
    expect(await error).toMatchObject({ name: 'ApiUnreachableError', obstacle });
    expect(String(await error)).toContain('GET ');
    expect(String(await error)).not.toContain('secret');
  });

  it('from a port where nobody listens says so', async () => {
    const port = await freePort();
    const error = await failure(clientOf(`http://127.0.0.1:${port}`).get(PODS, REF));
    expect(error).toMatchObject({ obstacle: 'connection' });
    expect(String(error)).toContain(
      `GET http://127.0.0.1:${port}/api/v1/namespaces/default/pods/a: nothing listens there (ECONNREFUSED); check that the API server runs`,
    );
  });

  it('on a connection that the server has closed meanwhile is no failure of a read', async () => {
    const { api, client } = await startWithClient();
    const first = client.get(PODS, REF);
    (await api.next()).json(object('a', 1));
    await first;
    const second = client.get(PODS, REF);
    const call = await api.next();
    call.reset();
    (await api.next()).json(object('a', 2));
    expect(await second).toEqual(object('a', 2));
  });
});

describe('who asks', () => {
  it('is told why it was aborted, before and while it waits', async () => {
    const { api, client } = await startWithClient();
    const reason = new Error('enough');
    expect(await failure(client.get(PODS, REF, { signal: AbortSignal.abort(reason) }))).toBe(reason);
    const stop = new AbortController();
    const error = failure(client.get(PODS, REF, { signal: stop.signal }));
    const call = await api.next();
    stop.abort(reason);
    expect(await error).toBe(reason);
    await waitUntil('the server sees the end of it', () => call.gone);
  });

  it('may use one signal for ever so many requests', async () => {
    const { api, client } = await startWithClient();
    const stop = new AbortController();
    const warnings: unknown[] = [];
    const heard = (warning: unknown): void => void warnings.push(warning);
    process.on('warning', heard);
    onTestFinished(() => void process.off('warning', heard));
    const all = Array.from({ length: 30 }, () => client.get(PODS, REF, { signal: stop.signal }));
    for (const _ of all) (await api.next()).json(object('a', 1));
    await Promise.all(all);
    expect(warnings).toEqual([]);
  });
});
