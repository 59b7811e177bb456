import { describe, expect, it } from 'vitest';
import { Lookups } from '../../controller/images.ts';
import { MAX_TROUBLE } from '../../controller/decide/trouble.ts';
import { pullKeyring } from '../../controller/pull-secrets.ts';
import { SECRETS, SERVICE_ACCOUNTS, type KubeObject } from '../../controller/runtime/objects.ts';
import type { StoredTask } from '../../controller/stored-task.ts';
import { ImageNotFoundError, NoImageCommandError, RateLimitedError } from '../../shared/image/errors.ts';
import type { FoundImage } from '../../shared/image/found.ts';
import { waitUntil } from '../support/wait-until.ts';
import { taskOf } from './builders.ts';
import { NAMESPACE, worldWith, type World } from './harness.ts';

const about = { image: 'registry.test/a:1', registry: 'registry.test' };
const silent = taskOf({ steps: [{ name: 'a', image: about.image }] });
const FOUND: FoundImage = {
  image: about.image,
  digest: 'sha256:0',
  pinned: 'registry.test/a@sha256:0',
  from: 'registry',
  platforms: [{ platform: 'linux/amd64', entrypoint: ['/run'], cmd: [] }],
} as unknown as FoundImage;

/** Lookups whose registry answers as it is told, at a time that is told as well. */
function lookups(answers: (() => Promise<FoundImage>)[], { spec } = silent) {
  const clock = { now: 0 };
  const news: Pick<StoredTask, 'metadata'>[] = [];
  const results: string[] = [];
  const nobody = { get: () => Promise.resolve({ metadata: { name: 'default' } } as never) };
  const find = (): Promise<FoundImage> => (answers.shift() ?? (() => Promise.resolve(FOUND)))();
  const made = new Lookups({
    client: nobody,
    lookup: { find },
    read: ({ metadata }) => Promise.resolve({ ...silent, metadata, spec }),
    clock: () => clock.now,
    signal: new AbortController().signal,
    onNews: (task) => void news.push(task),
    onResult: (result) => void results.push(result),
  });
  const answered = async (count: number): Promise<void> => {
    await waitUntil('there is an answer', () => news.length >= count);
  };
  return { made, clock, news, results, answered };
}

function fails(error: Error) {
  return async (): Promise<FoundImage> => {
    throw error;
  };
}

describe('what images run', () => {
  it('is not asked for steps that say it themselves', () => {
    expect(lookups([]).made.prepared(taskOf()).kind).toBe('ready');
    const template = { steps: [{ name: 'a' }], stepTemplate: { image: 'x', command: ['true'] } };
    expect(lookups([]).made.prepared(taskOf(template)).kind).toBe('ready');
  });

  it('is asked once, however often a Task is looked at', async () => {
    const { made, answered, news, results } = lookups([]);
    expect(made.prepared(silent).kind).toBe('unknown');
    made.start(silent);
    made.start(silent);
    expect(made.prepared(silent).kind).toBe('pending');
    await answered(1);
    made.start(silent);
    expect(made.prepared(silent).kind).toBe('ready');
    expect([news.length, results]).toEqual([1, ['found']]);
  });

  it('is asked again after a while, and again later; the trouble stands meanwhile', async () => {
    const { made, clock, answered, results } = lookups([
      fails(new ImageNotFoundError(about, [])),
      fails(new ImageNotFoundError(about, [])),
    ]);
    made.start(silent);
    await answered(1);
    expect(made.prepared(silent)).toMatchObject({
      kind: 'trouble',
      trouble: { step: 'a', ends: 'patience' },
    });
    expect(made.retryIn(silent)).toBe(5_000);
    made.start(silent);
    expect(results).toHaveLength(1);
    clock.now = 5_000;
    made.start(silent);
    expect(made.prepared(silent).kind).toBe('trouble');
    await answered(2);
    expect(made.retryIn(silent)).toBe(10_000);
    clock.now = 15_000;
    made.start(silent);
    await answered(3);
    expect(made.prepared(silent).kind).toBe('ready');
    expect(results).toEqual(['ImageNotFoundError', 'ImageNotFoundError', 'found']);
  });

  it('is asked for a few Tasks of one namespace at once, and those of another do not wait for them', async () => {
    let asked = 0;
    const never = Array.from({ length: 4 }, () => async () => {
      asked++;
      return new Promise<FoundImage>(() => undefined);
    });
    const { made, answered, news } = lookups(never);
    const inNamespace = (namespace: string, name: string): StoredTask => ({
      ...silent,
      metadata: { ...silent.metadata, namespace, name, uid: `${namespace}/${name}` },
    });
    for (let count = 0; count < 1_000; count++) made.start(inNamespace('many', `t${count}`));
    await waitUntil('they are asked for', () => asked === 4);
    // The others come again: a line without end would be memory without end.
    expect(made.retryIn(inNamespace('many', 't67'))).toBeUndefined();
    expect(made.retryIn(inNamespace('many', 't68'))).toBe(5_000);
    expect(made.prepared(inNamespace('many', 't68')).kind).toBe('pending');
    made.start(inNamespace('other', 'a'));
    await answered(1);
    expect(news.map(({ metadata }) => metadata.namespace)).toEqual(['other']);
    expect(made.prepared(inNamespace('other', 'a')).kind).toBe('ready');
    expect(made.prepared(inNamespace('many', 't999')).kind).toBe('pending');
  });

  it('has a place for one Task of each namespace, however many wait', async () => {
    let asked = 0;
    const never = Array.from({ length: 100 }, () => async () => {
      asked++;
      return new Promise<FoundImage>(() => undefined);
    });
    const { made } = lookups(never);
    const inNamespace = (at: number, count: number): StoredTask => ({
      ...silent,
      metadata: { ...silent.metadata, namespace: `n${at}`, uid: `${at}/${count}` },
    });
    for (let at = 0; at < 20; at++)
      for (let count = 0; count < 100; count++) made.start(inNamespace(at, count));
    await waitUntil('as many as may are asked for', () => asked === 16);
    const places = (at: number): number =>
      Array.from({ length: 100 }, (_, count) => made.retryIn(inNamespace(at, count))).filter(
        (again) => again === undefined,
      ).length;
    expect([places(0), places(4), places(19)]).toEqual([4 + 64, 64, 1]);
  });

  it('is asked for again where too much of it is kept for pods that are not made', async () => {
    const large = (): Promise<FoundImage> =>
      Promise.resolve({
        ...FOUND,
        platforms: [{ platform: 'linux/amd64', entrypoint: ['x'.repeat(1024 * 1024)], cmd: [] }],
      } as unknown as FoundImage);
    const { made, answered } = lookups(Array.from({ length: 17 }, () => large));
    const nth = (count: number): StoredTask => ({
      ...silent,
      metadata: { ...silent.metadata, uid: `u${count}` },
    });
    for (let count = 0; count < 17; count++) made.start(nth(count));
    await answered(17);
    const kinds = Array.from({ length: 17 }, (_, count) => made.prepared(nth(count)).kind);
    expect(kinds.filter((kind) => kind === 'ready')).toHaveLength(15);
    expect(kinds.filter((kind) => kind === 'unknown')).toHaveLength(2);
  });

  it('is too much for a pod where all images together say more than one can hold', async () => {
    const large = (): Promise<FoundImage> =>
      Promise.resolve({
        ...FOUND,
        platforms: [{ platform: 'linux/amd64', entrypoint: ['x'.repeat(100_000)], cmd: [] }],
      } as unknown as FoundImage);
    const steps = Array.from({ length: 128 }, (_, at) => ({ name: `s${at}`, image: `r.test/${at}` }));
    const task = taskOf({ steps });
    const { made, answered } = lookups(
      steps.map(() => large),
      task,
    );
    made.start(task);
    await answered(1);
    expect(made.prepared(task)).toMatchObject({ trouble: { reason: 'PodTooLarge', ends: 'now' } });
  });

  it('is told of in a few words, however many steps it fails', async () => {
    const steps = Array.from({ length: 128 }, (_, at) => ({ name: `s${at}`, image: `r.test/${at}` }));
    const fail = fails(new ImageNotFoundError({ image: 'r.test/\u001B[2J', registry: 'r.test' }, []));
    const task = taskOf({ steps });
    const { made, answered } = lookups(
      steps.map(() => fail),
      task,
    );
    made.start(task);
    await answered(1);
    const prepared = made.prepared(task);
    if (prepared.kind !== 'trouble') throw new Error(`it is ${prepared.kind}`);
    expect(Buffer.byteLength(prepared.trouble.message)).toBeLessThanOrEqual(MAX_TROUBLE);
    expect(prepared.trouble.message).not.toMatch(/\p{Cc}/u);
  });

  it('is not asked before the registry allows it', async () => {
    const { made, answered } = lookups([fails(new RateLimitedError(about, 99_000, 0))]);
    made.start(silent);
    await answered(1);
    expect(made.retryIn(silent)).toBe(99_000);
  });

  it('is not asked again when the answer would be the same', async () => {
    const { made, answered } = lookups([fails(new NoImageCommandError(about, 'the image has no command'))]);
    made.start(silent);
    await answered(1);
    expect(made.prepared(silent)).toMatchObject({
      trouble: { ends: 'now', message: expect.stringContaining('step a') as string },
    });
    expect(made.retryIn(silent)).toBeUndefined();
  });

  it('is forgotten with its Task, also while somebody asks', async () => {
    const { made, answered } = lookups([]);
    made.start(silent);
    made.forget('u-1');
    await answered(1);
    expect(made.prepared(silent).kind).toBe('unknown');
  });
});

describe('the credentials of a Task', () => {
  const host = 'registry.test';
  const secret = async (
    { client }: World,
    name: string,
    user: string,
    type = 'kubernetes.io/dockerconfigjson',
  ): Promise<void> => {
    const auth = Buffer.from(`${user}:secret`).toString('base64');
    const old = type === 'kubernetes.io/dockercfg';
    const text = JSON.stringify(old ? { [host]: { auth } } : { auths: { [host]: { auth } } });
    const data = { [old ? '.dockercfg' : '.dockerconfigjson']: Buffer.from(text).toString('base64') };
    await client.create<KubeObject & { type: string; data: object }>(SECRETS, {
      metadata: { name, namespace: NAMESPACE },
      type,
      data,
    });
  };
  const users = async (world: World, spec: Parameters<typeof taskOf>[0]): Promise<(string | undefined)[]> => {
    const keyring = await pullKeyring(taskOf(spec), world.client, new AbortController().signal);
    const found = await keyring.find(host, 'a');
    return found.map((credential) => JSON.stringify(credential).match(/"(one|two|three)"/)?.[1]);
  };

  it('are those that the node would pull with', async () => {
    const world = await worldWith();
    await secret(world, 'one', 'one');
    await secret(world, 'two', 'two', 'kubernetes.io/dockercfg');
    await secret(world, 'three', 'three');
    const body = { imagePullSecrets: [{ name: 'three' }, { name: 'none' }] };
    await world.client.patch(
      SERVICE_ACCOUNTS,
      { namespace: NAMESPACE, name: 'default' },
      { type: 'merge', body },
    );

    expect(await users(world, {})).toEqual(['three']);
    const own = { imagePullSecrets: [{ name: 'one' }, { name: 'two' }] };
    expect(await users(world, { podTemplate: own })).toEqual(['one', 'two']);
    expect(await users(world, { podTemplate: { serviceAccountName: 'none' } })).toEqual([]);
  });

  it.each<[string, number, (at: number) => Record<string, object>, string]>([
    ['too many', 40, () => ({}), '40 pull secrets, more than 32'],
    [
      'of too many registries',
      3,
      (at) => Object.fromEntries(Array.from({ length: 200 }, (_, i) => [`r${at}-${i}`, { auth: 'dTpw' }])),
      '600 registries, more than 512',
    ],
    [
      'too large together',
      3,
      () => ({ r: { username: 'u', password: 'p'.repeat(600_000) } }),
      'more than 1048576 bytes together',
    ],
  ])('are none where they are %s', async (_, count, auths, message) => {
    const names = Array.from({ length: count }, (_each, at) => ({ name: `s${at}` }));
    let asked = 0;
    const get = async (_type: unknown, { name }: { name: string }): Promise<unknown> => {
      const text = JSON.stringify(auths(asked++));
      const data = { '.dockercfg': Buffer.from(text).toString('base64') };
      return { metadata: { name, namespace: NAMESPACE }, type: 'kubernetes.io/dockercfg', data };
    };
    const task = taskOf({ podTemplate: { imagePullSecrets: names } });
    const client = { get } as unknown as World['client'];
    await expect(pullKeyring(task, client, new AbortController().signal)).rejects.toThrow(message);
    expect(asked).toBeLessThan(4);
  });
});
