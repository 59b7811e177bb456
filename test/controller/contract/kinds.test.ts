/** Leases and Events: two kinds that are particular about their times. */
import { expect, test } from 'vitest';
import { MERGE } from '../../support/api-server/talk.ts';
import { fresh, patch, useTarget } from './target.ts';

const target = useTarget();
const leases = (): string => target().group('coordination.k8s.io', 'leases');
const events = (): string => target().group('events.k8s.io', 'events');
const NOW = '2026-01-01T00:00:00.123456Z';

function lease(name: string, more: object = {}): object {
  const spec = { holderIdentity: 'a', leaseDurationSeconds: 15, renewTime: NOW, acquireTime: NOW, ...more };
  return { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', metadata: { name }, spec };
}

function event(name: string, more: object = {}): object {
  return {
    apiVersion: 'events.k8s.io/v1',
    kind: 'Event',
    metadata: { name },
    eventTime: NOW,
    type: 'Normal',
    reason: 'Started',
    action: 'Start',
    note: 'it started',
    reportingController: 'taskflow.test/controller',
    reportingInstance: 'controller-1',
    regarding: { apiVersion: 'v1', kind: 'Pod', name: 'p', namespace: target().namespace },
    ...more,
  };
}

test('a Lease keeps its microseconds', async () => {
  const { talk } = target();
  const made = await talk.object('POST', leases(), { body: lease(fresh()) });
  expect(made.spec).toEqual({
    holderIdentity: 'a',
    leaseDurationSeconds: 15,
    renewTime: NOW,
    acquireTime: NOW,
  });
});

test.each(['2026-01-01T00:00:00.123Z', '2026-01-01T00:00:00Z', '2026-01-01T00:00:00.123456789Z'])(
  'a Lease is not read with the time %s',
  async (renewTime) => {
    const { talk } = target();
    const reply = await talk.ask('POST', leases(), { body: lease(fresh(), { renewTime }) });
    expect(reply).toMatchObject({ code: 400, body: { reason: 'BadRequest' } });
  },
);

test.each([{ leaseDurationSeconds: 0 }, { leaseTransitions: -1 }])('no Lease: %o', async (more) => {
  const { talk } = target();
  const reply = await talk.ask('POST', leases(), { body: lease(fresh(), more) });
  const field = `spec.${Object.keys(more).join('')}`;
  expect(reply).toMatchObject({ code: 422, body: { details: { causes: [{ field }] } } });
});

test('a Lease is given up by an empty holder', async () => {
  const { talk } = target();
  const name = fresh();
  await talk.object('POST', leases(), { body: lease(name) });
  const given = await patch(talk, `${leases()}/${name}`, {
    spec: { holderIdentity: '', leaseDurationSeconds: 1 },
  });
  expect(given.spec).toMatchObject({ holderIdentity: '', leaseDurationSeconds: 1 });
});

test('of two who renew the same version one gets a conflict', async () => {
  const { talk } = target();
  const made = await talk.object('POST', leases(), { body: lease(fresh()) });
  const { name, resourceVersion } = made.metadata;
  const path = `${leases()}/${name}`;
  const take = (holderIdentity: string): Promise<{ code: number }> =>
    talk.ask('PATCH', path, {
      body: { metadata: { resourceVersion }, spec: { holderIdentity } },
      type: MERGE,
    });
  const codes = (await Promise.all([take('b'), take('c')])).map(({ code }) => code);
  expect(codes.toSorted((a, b) => a - b)).toEqual([200, 409]);
});

test('PUT creates a Lease, and replaces one only by its version', async () => {
  const { talk } = target();
  const name = fresh();
  const path = `${leases()}/${name}`;
  expect((await talk.ask('PUT', path, { body: lease(name) })).code).toBe(201);
  expect((await talk.ask('PUT', path, { body: lease(name) })).code).toBe(422);
});

test('an Event is taken with all that it needs', async () => {
  const { talk } = target();
  const made = await talk.object('POST', events(), { body: event(fresh()) });
  expect(made).toMatchObject({ note: 'it started', eventTime: NOW, regarding: { name: 'p' } });
});

test('an Event about something of the whole cluster is told in the namespace default', async () => {
  const { talk } = target();
  const body = event(fresh(), { regarding: { apiVersion: 'v1', kind: 'Node', name: 'n' } });
  expect((await talk.ask('POST', events(), { body })).code).toBe(422);
});

test.each([
  { what: 'no time', more: { eventTime: undefined }, field: 'eventTime' },
  { what: 'no action', more: { action: undefined }, field: 'action' },
  { what: 'no reason', more: { reason: undefined }, field: 'reason' },
  { what: 'no instance', more: { reportingInstance: undefined }, field: 'reportingInstance' },
  { what: 'another type', more: { type: 'Other' }, field: 'type' },
  { what: 'a note over 1024 bytes', more: { note: 'x'.repeat(1025) }, field: 'message' },
  { what: 'a reason over 128 bytes', more: { reason: 'x'.repeat(129) }, field: 'reason' },
])('no Event with $what', async ({ more, field }) => {
  const { talk } = target();
  const reply = await talk.ask('POST', events(), { body: event(fresh(), more) });
  expect(reply).toMatchObject({ code: 422, body: { details: { causes: [{ field }] } } });
});

test('an Event is not read with milliseconds', async () => {
  const { talk } = target();
  const body = event(fresh(), { eventTime: '2026-01-01T00:00:00.123Z' });
  expect((await talk.ask('POST', events(), { body })).code).toBe(400);
});

test('of an Event only the series may change', async () => {
  const { talk } = target();
  const name = fresh();
  await talk.object('POST', events(), { body: event(name) });
  const path = `${events()}/${name}`;
  const series = { count: 2, lastObservedTime: NOW };
  expect(await patch(talk, path, { series })).toMatchObject({ series });
  expect((await talk.ask('PATCH', path, { body: { note: 'other' }, type: MERGE })).code).toBe(422);
});
