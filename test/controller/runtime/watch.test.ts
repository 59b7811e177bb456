import { describe, expect, it } from 'vitest';
import { type HttpClient, type WatchEvent } from '../../../controller/runtime/client.ts';
import { ApiUnreachableError } from '../../../controller/runtime/errors.ts';
import { PODS, type KubeObject } from '../../../controller/runtime/objects.ts';
import { all, failure, startWithClient } from '../../support/api-clients.ts';
import { object, type ScriptedApi } from '../../support/scripted-api.ts';
import { waitUntil } from '../../support/wait-until.ts';

const never = new AbortController().signal;

describe('a watch', () => {
  function watch(
    client: HttpClient,
    signal = never,
  ): { events: WatchEvent<KubeObject>[]; end: Promise<unknown> } {
    const events: WatchEvent<KubeObject>[] = [];
    const end = failure(
      (async () => {
        const query = { namespace: 'default', resourceVersion: '5', timeoutSeconds: 60 };
        for await (const event of client.watch(PODS, query, { signal })) events.push(event);
      })(),
    );
    return { events, end };
  }

  it('tells what happens, until the server ends it', async () => {
    const { api, client } = await startWithClient();
    const { events, end } = watch(client);
    const call = await api.nextWatch('5');
    expect(call.url.pathname).toBe('/api/v1/namespaces/default/pods');
    expect(Object.fromEntries(call.url.searchParams)).toEqual({
      watch: 'true',
      allowWatchBookmarks: 'true',
      resourceVersion: '5',
      timeoutSeconds: '60',
    });
    call.event('ADDED', object('a', 6));
    await waitUntil('the first event is there before the second is sent', () => events.length === 1);
    call.bookmark('9');
    call.event('DELETED', object('a', 10));
    call.end();
    expect(await end).toBeUndefined();
    expect(events).toEqual([
      { type: 'ADDED', object: object('a', 6) },
      { type: 'BOOKMARK', resourceVersion: '9' },
      { type: 'DELETED', object: object('a', 10) },
    ]);
  });

  it('is the same when its bytes come one by one', async () => {
    const { api, client } = await startWithClient();
    const { events, end } = watch(client);
    const call = await api.nextWatch();
    const text = { metadata: { ...object('a', 6).metadata, annotations: { x: '€ 𝄞' } } };
    for (const byte of Buffer.from(`${JSON.stringify({ type: 'ADDED', object: text })}\n`)) {
      await new Promise((resolve) => call.response.write(Buffer.from([byte]), resolve));
    }
    call.end();
    await end;
    expect(events).toEqual([{ type: 'ADDED', object: text }]);
  });

  it.each<[string, (api: ScriptedApi) => Promise<unknown>, object]>([
    [
      'an ERROR event',
      async (a) => (await a.nextWatch()).error(410, 'Expired'),
      { status: 410, reason: 'Expired' },
    ],
    ['a status', async (a) => (await a.next()).refuse(410, 'Gone'), { status: 410, reason: 'Gone' }],
    ['a reset', async (a) => (await a.nextWatch()).reset(), { obstacle: 'connection' }],
    [
      'an end in the middle of a line',
      async (a) => (await a.nextWatch()).response.end('{"type":"ADDED","object":{"token":"secret'),
      { obstacle: 'answer' },
    ],
    [
      'an event of no known type',
      async (a) => (await a.nextWatch()).event('MOVED', object('a', 1)),
      { obstacle: 'answer' },
    ],
    [
      'an event without a version',
      async (a) => (await a.nextWatch()).event('ADDED', { metadata: {} }),
      { obstacle: 'answer' },
    ],
    [
      'an event without an object',
      async (a) => (await a.nextWatch()).event('ADDED', null),
      { obstacle: 'answer' },
    ],
    [
      'an event that is too large',
      async (a) => (await a.nextWatch()).event('ADDED', { x: 'x'.repeat(2000) }),
      { obstacle: 'size' },
    ],
  ])('fails with %s', async (_, act, error) => {
    const { api, client } = await startWithClient({ maxBytes: 1000 });
    const { end } = watch(client);
    await act(api);
    expect(await end).toMatchObject(error);
    expect(String(await end)).not.toContain('secret');
  });

  it('that is silent for longer than it should last is given up', async () => {
    const { api, client } = await startWithClient({ watchSlack: 100 });
    const query = { resourceVersion: '5', timeoutSeconds: 0.1 };
    const end = failure(all(client.watch(PODS, query, { signal: never })));
    const call = await api.nextWatch();
    expect(await end).toBeInstanceOf(ApiUnreachableError);
    expect(await end).toMatchObject({ obstacle: 'timeout' });
    await waitUntil('the connection is closed', () => call.gone);
  });

  it('closes its connection when nobody listens any longer', async () => {
    const { api, client } = await startWithClient();
    const stop = new AbortController();
    const aborted = watch(client, stop.signal);
    const first = await api.nextWatch();
    stop.abort(new Error('enough'));
    expect(await aborted.end).toMatchObject({ message: 'enough' });
    await waitUntil('the server sees it', () => first.gone);

    const left = (async () => {
      const query = { resourceVersion: '5', timeoutSeconds: 60 };
      for await (const event of client.watch(PODS, query, { signal: never })) return event;
    })();
    const second = await api.nextWatch();
    second.bookmark('6');
    expect(await left).toEqual({ type: 'BOOKMARK', resourceVersion: '6' });
    await waitUntil('the server sees it', () => second.gone);
  });
});
