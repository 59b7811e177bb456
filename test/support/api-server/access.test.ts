import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { scratch } from '../scratch.ts';
import { type PolicyRule } from './http/access.ts';
import { placeOf, Talk } from './talk.ts';
import { apiServer } from './vitest.ts';

const RULES: PolicyRule[] = [
  { apiGroups: [''], resources: ['pods'], verbs: ['get', 'list', 'watch', 'create'] },
  { apiGroups: [''], resources: ['pods/status'], verbs: ['*'] },
  { apiGroups: [''], resources: ['secrets'], resourceNames: ['mine'], verbs: ['get', 'create'] },
  { apiGroups: ['coordination.k8s.io'], resources: ['*'], verbs: ['*'] },
];

async function setUp(grant: { namespace?: string } = {}) {
  const server = await apiServer({
    namespaces: ['test', 'other'],
    users: { secret: { name: 'alice', grants: [{ rules: RULES, ...grant }] }, root: { name: 'admin' } },
  });
  const talkAs = (token?: string): Talk => {
    const talk = new Talk({ url: server.url, ...(token !== undefined && { token }) });
    onTestFinished(() => talk.close());
    return talk;
  };
  return { server, talkAs };
}

const PLURALS = '/api/v1/namespaces/test';

test.each([
  { method: 'GET', path: `${PLURALS}/pods`, code: 200 },
  { method: 'GET', path: '/api/v1/pods', code: 200 },
  { method: 'DELETE', path: `${PLURALS}/pods/a`, code: 403 },
  { method: 'PATCH', path: `${PLURALS}/pods/a`, code: 403 },
  { method: 'PATCH', path: `${PLURALS}/pods/a/status`, code: 415 },
  { method: 'GET', path: `${PLURALS}/secrets`, code: 403 },
  { method: 'GET', path: `${PLURALS}/secrets/mine`, code: 404 },
  { method: 'GET', path: `${PLURALS}/secrets/other`, code: 403 },
  { method: 'GET', path: `${PLURALS}/secrets?fieldSelector=metadata.name%3Dmine`, code: 403 },
  { method: 'POST', path: `${PLURALS}/secrets`, code: 403 },
  { method: 'GET', path: '/apis/coordination.k8s.io/v1/namespaces/test/leases', code: 200 },
  { method: 'GET', path: '/version', code: 200 },
])('$method $path: $code', async ({ method, path, code }) => {
  const { talkAs } = await setUp();
  const reply = await talkAs('secret').ask(method, path, method === 'GET' ? {} : { body: {} });
  expect(reply.code).toBe(code);
});

test('a refusal says who may not do what, and is kept', async () => {
  const { server, talkAs } = await setUp();
  const reply = await talkAs('secret').ask('DELETE', `${PLURALS}/pods/a`);
  expect(reply.body).toMatchObject({
    reason: 'Forbidden',
    message:
      'pods "a" is forbidden: User "alice" cannot delete resource "pods" in API group "" in the namespace "test"',
  });
  expect(server.access.refused).toEqual(['alice delete pods a']);
});

test('a grant of a namespace is for that only', async () => {
  const { talkAs } = await setUp({ namespace: 'test' });
  const talk = talkAs('secret');
  expect((await talk.ask('GET', `${PLURALS}/pods`)).code).toBe(200);
  expect((await talk.ask('GET', '/api/v1/namespaces/other/pods')).code).toBe(403);
  expect((await talk.ask('GET', '/api/v1/pods')).code).toBe(403);
});

test('nobody comes in without a token that is known', async () => {
  const { server, talkAs } = await setUp();
  expect((await talkAs().ask('GET', `${PLURALS}/pods`)).code).toBe(401);
  expect((await talkAs('wrong').ask('GET', `${PLURALS}/pods`)).code).toBe(401);
  expect((await talkAs('root').ask('DELETE', `${PLURALS}/pods`)).code).toBe(200);
  server.access.revoke('root');
  expect((await talkAs('root').ask('GET', `${PLURALS}/pods`)).code).toBe(401);
});

test('a kubeconfig leads to it', async () => {
  const { server } = await setUp();
  const path = join(await scratch(), 'kubeconfig');
  await server.kubeconfig(path, { token: 'root' });
  const place = await placeOf(path);
  expect(place).toMatchObject({ url: server.url, token: 'root' });
});
