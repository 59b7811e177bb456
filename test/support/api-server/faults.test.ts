import { expect, onTestFinished, test } from 'vitest';
import { waitUntil } from '../wait-until.ts';
import { listOf } from './object.ts';
import { type ApiServerSettings } from './server.ts';
import { Talk } from './talk.ts';
import { apiServer } from './vitest.ts';

const MAPS = '/api/v1/namespaces/test/configmaps';

async function setUp(settings: ApiServerSettings = {}) {
  const server = await apiServer({ namespaces: ['test'], ...settings });
  return { server, talk: talking(server.url) };
}

function talking(url: string, token?: string): Talk {
  const talk = new Talk({ url, ...(token !== undefined && { token }) });
  onTestFinished(() => talk.close());
  return talk;
}

function map(name: string): { body: object } {
  return { body: { metadata: { name } } };
}

/** A watch in the background. */
function watch(talk: Talk, query = '') {
  const controller = new AbortController();
  const seen = { types: [] as string[], end: 'open' as 'open' | 'over' | 'broken' };
  onTestFinished(() => controller.abort());
  void (async () => {
    try {
      for await (const { type } of talk.watch(`${MAPS}?watch=1${query}`, controller.signal))
        seen.types.push(type);
      seen.end = 'over';
    } catch {
      seen.end = 'broken';
    }
  })();
  return seen;
}

test('watches are reset', async () => {
  const { server, talk } = await setUp();
  const seen = watch(talk);
  await waitUntil('it is open', () => server.watches() === 1);
  expect(server.faults.resetWatches()).toBe(1);
  await waitUntil('it broke', () => seen.end === 'broken');
});

test('watches are stalled: they stay open, and nothing comes', async () => {
  const { server, talk } = await setUp();
  const stalled = watch(talk);
  await waitUntil('it is open', () => server.watches() === 1);
  server.faults.stallWatches();
  const other = watch(talk);
  await waitUntil('the other is open', () => server.watches() === 2);
  await talk.object('POST', MAPS, map('a'));
  await waitUntil('the other heard', () => other.types.length === 1);
  expect(stalled).toEqual({ types: [], end: 'open' });
});

test.each([
  { code: 500, reason: 'InternalError' },
  { code: 503, reason: 'ServiceUnavailable' },
  { code: 429, reason: 'TooManyRequests' },
] as const)('the next requests get $code', async ({ code, reason }) => {
  const { server, talk } = await setUp();
  server.faults.failNext(2, code, { which: ({ verb }) => verb === 'create', retryAfter: 3 });
  expect((await talk.ask('GET', MAPS)).code).toBe(200);
  for (let asked = 0; asked < 2; asked++) {
    expect(await talk.ask('POST', MAPS, map('a'))).toMatchObject({
      code,
      headers: { 'retry-after': '3' },
      body: { reason, kind: 'Status' },
    });
  }
  expect((await talk.ask('POST', MAPS, map('a'))).code).toBe(201);
});

test('an answer is lost after the write was done', async () => {
  const { server, talk } = await setUp();
  server.faults.loseAnswers(1, ({ verb }) => verb === 'create');
  await expect(talk.ask('POST', MAPS, map('a'))).rejects.toThrow(/ECONNRESET|other side closed/);
  expect((await talk.ask('GET', `${MAPS}/a`)).code).toBe(200);
  expect(server.counts.of({ verb: 'create', code: 0 })).toBe(1);
});

test('the history is expired: a watch gets 410, a list and a watch from that are fine', async () => {
  const { server, talk } = await setUp();
  const { metadata } = await talk.object('POST', MAPS, map('a'));
  server.faults.expireHistory();
  const old = watch(talk, `&resourceVersion=${metadata.resourceVersion}`);
  await waitUntil('it is over', () => old.end === 'over');
  expect(old.types).toEqual(['ERROR']);
  const list = await talk.object('GET', MAPS);
  const fresh = watch(talk, `&resourceVersion=${list.metadata.resourceVersion}`);
  await waitUntil('it is open', () => server.watches() === 1);
  await talk.object('POST', MAPS, map('b'));
  await waitUntil('it heard', () => fresh.types.length === 1);
  expect(fresh.types).toEqual(['ADDED']);
});

test('a history that is too short expires by itself', async () => {
  const { talk } = await setUp({ history: 5 });
  const { metadata } = await talk.object('POST', MAPS, map('first'));
  for (let index = 0; index < 20; index++) await talk.object('POST', MAPS, map(`a${index}`));
  const seen = watch(talk, `&resourceVersion=${metadata.resourceVersion}`);
  await waitUntil('it is over', () => seen.end === 'over');
  expect(seen.types).toEqual(['ERROR']);
});

test('continue tokens are expired, and give one to go on with', async () => {
  const { server, talk } = await setUp();
  for (const name of ['a', 'b', 'c']) await talk.object('POST', MAPS, map(name));
  const first = await talk.object('GET', `${MAPS}?limit=1`);
  server.faults.expireContinueTokens();
  const next = `${MAPS}?limit=5&continue=${String(first.metadata['continue'])}`;
  const { code, body } = await talk.ask('GET', next);
  expect({ code, body }).toMatchObject({ code: 410, body: { reason: 'Expired' } });
  const { continue: token } = body['metadata'] as { continue: string };
  const rest = await talk.object('GET', `${MAPS}?limit=5&continue=${token}`);
  expect(listOf(rest['items'])).toHaveLength(2);
});

test('events come twice', async () => {
  const { server, talk } = await setUp();
  server.faults.repeatEvents = 2;
  const seen = watch(talk);
  await waitUntil('it is open', () => server.watches() === 1);
  await talk.object('POST', MAPS, map('a'));
  await waitUntil('it heard', () => seen.types.length >= 2);
  expect(seen.types).toEqual(['ADDED', 'ADDED']);
});

test('a front that is silent holds everything back, and lets it through when it opens', async () => {
  const { server, talk } = await setUp();
  const front = await server.front();
  const far = talking(front.url);
  const seen = watch(far);
  await waitUntil('it is open', () => server.watches() === 1);
  await front.set('silent');
  let answered = false;
  const asked = far.ask('POST', MAPS, map('far')).then((reply) => {
    answered = true;
    return reply;
  });
  await talk.object('POST', MAPS, map('near'));
  expect({ answered, types: seen.types }).toEqual({ answered: false, types: [] });
  await front.set('open');
  expect((await asked).code).toBe(201);
  await waitUntil('both came', () => seen.types.length === 2);
});

test('behind a deaf front writes are done, and not answered', async () => {
  const { server, talk } = await setUp();
  const front = await server.front();
  const far = talking(front.url);
  await far.ask('GET', MAPS);
  await front.set('deaf');
  const asked = far.ask('POST', MAPS, map('far'));
  asked.catch(() => undefined);
  await waitUntil('it is done', async () => (await talk.ask('GET', `${MAPS}/far`)).code === 200);
  front.reset();
  await expect(asked).rejects.toThrow(/ECONNRESET|other side closed/);
});

test('a front that refuses is not there for its clients, and the server is for the others', async () => {
  const { server, talk } = await setUp();
  const front = await server.front();
  const far = talking(front.url);
  const seen = watch(far);
  await waitUntil('it is open', () => server.watches() === 1);
  await front.set('refuse');
  await waitUntil('it broke', () => seen.end === 'broken');
  await expect(far.ask('GET', MAPS)).rejects.toThrow(/ECONNREFUSED/);
  expect((await talk.ask('GET', MAPS)).code).toBe(200);
  await front.set('open');
  expect((await far.ask('GET', MAPS)).code).toBe(200);
});

test('answers are late', async () => {
  const { server, talk } = await setUp();
  server.faults.delay = 60;
  const before = performance.now();
  await talk.ask('GET', MAPS);
  expect(performance.now() - before).toBeGreaterThanOrEqual(55);
  server.faults.clear();
  const front = await server.front();
  front.delay = 30;
  const started = performance.now();
  await talking(front.url).ask('GET', MAPS);
  expect(performance.now() - started).toBeGreaterThanOrEqual(55);
});

test('requests are counted by verb, resource and code', async () => {
  const { server, talk } = await setUp();
  await talk.ask('POST', MAPS, map('a'));
  await talk.ask('POST', MAPS, map('a'));
  await talk.ask('GET', MAPS);
  await talk.ask('GET', `${MAPS}/missing`);
  expect(server.counts.all()).toEqual(
    expect.arrayContaining([
      { verb: 'create', resource: 'configmaps', code: 201, count: 1 },
      { verb: 'create', resource: 'configmaps', code: 409, count: 1 },
      { verb: 'list', resource: 'configmaps', code: 200, count: 1 },
      { verb: 'get', resource: 'configmaps', code: 404, count: 1 },
    ]),
  );
  expect(server.counts.writes).toBe(2);
});
