/** Deleting: preconditions, finalizers, and what goes with an owner. */
import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import { type ApiObject } from '../../support/api-server/object.ts';
import { MERGE } from '../../support/api-server/talk.ts';
import { waitUntil } from '../../support/wait-until.ts';
import {
  COLLECTED,
  configMap,
  fresh,
  patch,
  pod,
  refusal,
  seen,
  SLOW,
  useTarget,
  watching,
} from './target.ts';
import { useThings } from './things.ts';

const target = useTarget();
const things = useThings(target);
const KEEP = 'contract.taskflow.test/keep';

async function owner(finalizers: string[] = []): Promise<ApiObject> {
  const body = things.thing('', { size: 1 }, { metadata: { name: fresh('owner'), finalizers } });
  return target().talk.object('POST', things.path(), { body });
}

function ownedBy(...owners: ApiObject[]): object {
  const ownerReferences = owners.map(({ metadata: { name, uid } }, index) => ({
    apiVersion: things.apiVersion,
    kind: 'Thing',
    name,
    uid,
    ...(index === 0 && { controller: true, blockOwnerDeletion: true }),
  }));
  return { metadata: { name: fresh('owned'), ownerReferences } };
}

async function ownedMap(...owners: ApiObject[]): Promise<string> {
  const { talk, core } = target();
  const body = configMap('', ownedBy(...owners));
  const { metadata } = await talk.object('POST', core('configmaps'), { body });
  return `${core('configmaps')}/${metadata.name}`;
}

async function isGone(path: string): Promise<boolean> {
  return (await target().talk.ask('GET', path)).code === 404;
}

test('an object without grace is gone when the answer comes', async () => {
  const { talk, core } = target();
  const { metadata } = await talk.object('POST', core('configmaps'), { body: configMap(fresh()) });
  const { name, uid } = metadata;
  const { code, body } = await talk.ask('DELETE', `${core('configmaps')}/${name}`);
  expect({ code, ...body }).toMatchObject({
    code: 200,
    kind: 'Status',
    status: 'Success',
    details: { name, kind: 'configmaps', uid },
  });
  expect(await isGone(`${core('configmaps')}/${name}`)).toBe(true);
});

test.each([{ uid: 'other' }, { resourceVersion: '1' }])(
  'not if the precondition %o fails',
  async (preconditions) => {
    const { talk, core } = target();
    const { metadata } = await talk.object('POST', core('configmaps'), { body: configMap(fresh()) });
    const path = `${core('configmaps')}/${metadata.name}`;
    const reply = await talk.ask('DELETE', path, { body: { preconditions } });
    expect(refusal(reply)).toMatchObject({ code: 409, reason: 'Conflict' });
    const { uid, resourceVersion } = metadata;
    expect((await talk.ask('DELETE', path, { body: { preconditions: { uid, resourceVersion } } })).code).toBe(
      200,
    );
  },
);

test('a finalizer keeps an object until it is removed', async () => {
  const { talk } = target();
  const { metadata } = await owner([KEEP]);
  const path = `${things.path()}/${metadata.name}`;
  const marked = await talk.object('DELETE', path);
  expect(marked.metadata).toMatchObject({
    deletionTimestamp: expect.any(String),
    deletionGracePeriodSeconds: 0,
    finalizers: [KEEP],
    generation: 2,
  });
  const again = await talk.object('DELETE', path);
  expect(again.metadata.resourceVersion).toBe(marked.metadata.resourceVersion);
  const more = { body: { metadata: { finalizers: [KEEP, 'contract.taskflow.test/more'] } }, type: MERGE };
  expect((await talk.ask('PATCH', path, more)).code).toBe(422);
  // It can still be written to.
  await patch(talk, `${path}/status`, { status: { n: 1 } });
  await patch(talk, path, { metadata: { finalizers: null } });
  expect(await isGone(path)).toBe(true);
});

test('what an owner has goes after it', SLOW, async () => {
  const { talk, core } = target();
  const task = await owner();
  const map = await ownedMap(task);
  const { metadata } = await talk.object('POST', core('pods'), { body: { ...pod(''), ...ownedBy(task) } });
  await talk.object('DELETE', `${things.path()}/${task.metadata.name}`, {
    body: { propagationPolicy: 'Background' },
  });
  expect(await isGone(`${things.path()}/${task.metadata.name}`)).toBe(true);
  await waitUntil('the ConfigMap is gone', () => isGone(map), COLLECTED);
  await waitUntil('the pod is gone', () => isGone(`${core('pods')}/${metadata.name}`), COLLECTED);
});

test('what has another owner too stays', SLOW, async () => {
  const { talk } = target();
  const [one, two] = [await owner(), await owner()];
  const [both, only] = [await ownedMap(one, two), await ownedMap(one)];
  await talk.object('DELETE', `${things.path()}/${one.metadata.name}`);
  await waitUntil('what it had alone is gone', () => isGone(only), COLLECTED);
  const left = await waitUntil(
    'the other is its only owner',
    async () => {
      const { ownerReferences = [] } = (await talk.object('GET', both)).metadata;
      return ownerReferences.length === 1 ? ownerReferences : undefined;
    },
    COLLECTED,
  );
  expect(left[0]?.uid).toBe(two.metadata.uid);
});

test('what is made for an owner that is gone goes too', SLOW, async () => {
  const { talk } = target();
  const gone = await owner();
  await talk.object('DELETE', `${things.path()}/${gone.metadata.name}`);
  const late = await ownedMap(gone);
  await waitUntil('it is gone', () => isGone(late), COLLECTED);
});

/**
 * A ConfigMap of an owner that the collector has looked at. What it has not seen yet it overlooks, and an owner may go
 * without it; that it takes a reference to nobody away shows that it has.
 */
async function knownMap(of: ApiObject, finalizers: string[] = []): Promise<string> {
  const { talk, core } = target();
  const ghost = { ...of, metadata: { ...of.metadata, name: 'ghost', uid: randomUUID() } };
  const { metadata } = ownedBy(of, ghost) as ApiObject;
  const body = configMap('', { metadata: { ...metadata, finalizers } });
  const made = await talk.object('POST', core('configmaps'), { body });
  const path = `${core('configmaps')}/${made.metadata.name}`;
  await waitUntil(
    'the collector has looked at it',
    async () => (await talk.object('GET', path)).metadata.ownerReferences?.length === 1,
    COLLECTED,
  );
  return path;
}

test('an owner that goes in the foreground goes after what it has', SLOW, async () => {
  const { talk } = target();
  const task = await owner();
  const map = await knownMap(task, [KEEP]);
  const path = `${things.path()}/${task.metadata.name}`;
  const marked = await talk.object('DELETE', path, { body: { propagationPolicy: 'Foreground' } });
  expect(marked.metadata).toMatchObject({
    finalizers: ['foregroundDeletion'],
    deletionTimestamp: expect.any(String),
  });
  const isMarked = async (): Promise<unknown> => (await talk.object('GET', map)).metadata.deletionTimestamp;
  await waitUntil('what it has is marked', isMarked, COLLECTED);
  expect(await isGone(path)).toBe(false);
  await patch(talk, map, { metadata: { finalizers: null } });
  await waitUntil('the owner is gone', () => isGone(path), COLLECTED);
});

test('an orphan has no owner any more', SLOW, async () => {
  const { talk } = target();
  const task = await owner();
  const map = await knownMap(task);
  const path = `${things.path()}/${task.metadata.name}`;
  await talk.object('DELETE', path, { body: { propagationPolicy: 'Orphan' } });
  await waitUntil('the owner is gone', () => isGone(path), COLLECTED);
  expect((await talk.object('GET', map)).metadata.ownerReferences).toBeUndefined();
});

test('an unknown policy is refused', async () => {
  const { talk } = target();
  const { metadata } = await owner();
  const path = `${things.path()}/${metadata.name}`;
  expect(await talk.ask('DELETE', path, { body: { propagationPolicy: 'Bogus' } })).toMatchObject({
    code: 422,
    body: { details: { causes: [{ field: 'propagationPolicy' }] } },
  });
});

test('two controllers of one object are refused', async () => {
  const { talk, core } = target();
  const [one, two] = [await owner(), await owner()];
  const references = [ownedBy(one), ownedBy(two)].flatMap(
    (each) => (each as ApiObject).metadata.ownerReferences,
  );
  const body = configMap('', { metadata: { name: fresh(), ownerReferences: references } });
  expect((await talk.ask('POST', core('configmaps'), { body })).code).toBe(422);
});

test('all that a selector matches is deleted at once', async () => {
  const { talk, core } = target();
  const label = fresh('label');
  const [one, two] = [fresh(), fresh()];
  await talk.object('POST', core('configmaps'), {
    body: configMap('', { metadata: { name: one, labels: { set: label } } }),
  });
  const other = await talk.object('POST', core('configmaps'), { body: configMap(two) });
  const since = other.metadata.resourceVersion;
  const watch = watching(talk, `${core('configmaps')}?watch=1&resourceVersion=${since}`);
  expect((await talk.ask('DELETE', `${core('configmaps')}?labelSelector=set%3D${label}`)).code).toBe(200);
  await waitUntil('the watch saw it', () => seen(watch, one).includes('DELETED'));
  await watch.end();
  expect(await isGone(`${core('configmaps')}/${two}`)).toBe(false);
});

test('a namespace goes after what is in it, and takes nothing new', SLOW, async () => {
  const { talk } = target();
  const { metadata } = await talk.object('POST', '/api/v1/namespaces', {
    body: { metadata: { generateName: 'contract-gone-' } },
  });
  const path = `/api/v1/namespaces/${metadata.name}`;
  const maps = `${path}/configmaps`;
  await talk.object('POST', maps, { body: configMap('a', { metadata: { name: 'a', finalizers: [KEEP] } }) });
  await talk.object('DELETE', path);
  const going = await talk.object('GET', path);
  expect(going).toMatchObject({
    status: { phase: 'Terminating' },
    metadata: { deletionTimestamp: expect.any(String) },
  });
  expect(await talk.ask('POST', maps, { body: configMap('late') })).toMatchObject({
    code: 403,
    body: { reason: 'Forbidden', details: { causes: [{ reason: 'NamespaceTerminating' }] } },
  });
  await waitUntil(
    'what is in it is marked',
    async () => {
      const { metadata: map } = await talk.object('GET', `${maps}/a`);
      return map.deletionTimestamp;
    },
    COLLECTED,
  );
  await patch(talk, `${maps}/a`, { metadata: { finalizers: null } });
  await waitUntil('the namespace is gone', () => isGone(path), COLLECTED);
});
