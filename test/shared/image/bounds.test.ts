import type { IncomingMessage, ServerResponse } from 'node:http';
import { describe, expect, it } from 'vitest';
import { BadImageError, RegistryUnreachableError } from '../../../shared/image/errors.ts';
import { Failures } from '../../../shared/image/failures.ts';
import { Gate } from '../../../shared/image/flights.ts';
import { keyringOf } from '../../../shared/image/keyring.ts';
import { ImageLookup } from '../../../shared/image/lookup.ts';
import { Lru } from '../../../shared/image/lru.ts';
import { MAX_WORDS, parseConfig } from '../../../shared/image/manifest.ts';
import { authorizations } from '../../../shared/image/session.ts';
import { memoryStore } from '../../../shared/image/store.ts';
import { TransportError } from '../../../shared/image/transport.ts';
import { Blobs, OCI } from '../../support/images.ts';
import { listen } from '../../support/servers.ts';
import { waitUntil } from '../../support/wait-until.ts';

const turns = async (count = 20): Promise<void> => {
  for (let turn = 0; turn < count; turn++) await new Promise((resolve) => setImmediate(resolve));
};

describe('a gate', () => {
  /** Work that ends when it is told to. */
  function begin(gate: Gate) {
    const began: string[] = [];
    const ends = new Map<string, () => void>();
    const pass = (asker: string, name: string): void => {
      const { promise, resolve } = Promise.withResolvers<void>();
      ends.set(name, resolve);
      void gate.pass(asker, async () => {
        began.push(name);
        await promise;
      });
    };
    return { began, pass, end: (name: string) => ends.get(name)?.() };
  }

  it('lets no more in at once than it should, of one and of all', async () => {
    const gate = new Gate(4, 2);
    const { began, pass } = begin(gate);
    for (const name of ['a1', 'a2', 'a3', 'b1', 'b2', 'c1']) pass(name.slice(0, 1), name);
    await turns();
    expect(began).toEqual(['a1', 'a2', 'b1', 'b2']);
    expect(gate.size).toBe(4);
  });

  it('has room for another while one holds its share for ever', async () => {
    const { began, pass, end } = begin(new Gate(8, 2));
    for (let count = 0; count < 10_000; count++) pass('a', `a${count}`);
    for (const name of ['b1', 'b2', 'b3']) pass('b', name);
    await turns();
    expect(began).toEqual(['a0', 'a1', 'b1', 'b2']);
    end('b1');
    await turns();
    expect(began.at(-1)).toBe('b3');
  });

  it('has those who wait take turns', async () => {
    const { began, pass, end } = begin(new Gate(1));
    for (const name of ['a1', 'a2', 'a3', 'b1', 'c1', 'b2']) pass(name.slice(0, 1), name);
    for (const name of ['a1', 'a2', 'b1', 'c1', 'a3']) {
      end(name);
      await turns();
    }
    expect(began).toEqual(['a1', 'a2', 'b1', 'c1', 'a3', 'b2']);
  });
});

describe('a failure', () => {
  const about = { image: 'r.test/a', registry: 'r.test' };
  const failed = (error: TransportError): RegistryUnreachableError =>
    new RegistryUnreachableError(about, error.obstacle, error.message, { cause: error });
  const elsewhere = new TransportError('name', 'unknown', { code: 'ENOTFOUND' });
  elsewhere.elsewhere = true;

  it.each<[string, TransportError, string[]]>([
    [
      'a name that is not known',
      new TransportError('name', 'unknown', { code: 'ENOTFOUND' }),
      ['a me', 'b me', 'a other', 'b other'],
    ],
    [
      'a refused connection',
      new TransportError('connection', 'refused', { code: 'ECONNREFUSED' }),
      ['a me', 'b me', 'a other', 'b other'],
    ],
    ['a time-out', new TransportError('timeout', 'late', { code: 'TimeoutError' }), ['a me']],
    ['a connection that was cut', new TransportError('connection', 'cut', { code: 'ECONNRESET' }), ['a me']],
    ['a certificate', new TransportError('tls', 'bad', { code: 'CERT_HAS_EXPIRED' }), ['a me']],
    ['an answer of the server', new TransportError('server', 'it answers 500'), ['a me']],
    ['a name that is not known, of a host that the registry redirects to', elsewhere, ['a me']],
  ])('%s is remembered for whom it holds', (_, error, expected) => {
    const failures = new Failures(10_000, () => 0);
    failures.remember(failed(error), 'r.test/a', 'me');
    const told = ['a me', 'b me', 'a other', 'b other'].filter((each) => {
      const [name = '', scope = ''] = each.split(' ');
      return failures.recall(`r.test/${name}`, scope, { ...about, image: `r.test/${name}` }) !== undefined;
    });
    expect(told).toEqual(expected);
  });
});

describe('what is kept', () => {
  it('is bounded in number and size', () => {
    const lru = new Lru<string>(3, { size: 10, sizeOf: (text) => text.length });
    for (const [key, text] of [
      ['a', '1234'],
      ['b', '1234'],
      ['c', '12'],
    ] as const)
      lru.set(key, text);
    lru.get('a');
    lru.set('d', '123456');
    expect([lru.get('a'), lru.get('b'), lru.get('c'), lru.get('d')]).toEqual([
      '1234',
      undefined,
      undefined,
      '123456',
    ]);
    lru.set('a', '12345678901');
    expect(lru.size).toBe(0);
  });

  it('in memory has an end, whatever images there are', async () => {
    const store = memoryStore(5_000, 1_000);
    for (let count = 0; count < 100; count++) await store.set(`k${count}`, 'x'.repeat(100));
    const kept = await Promise.all(Array.from({ length: 100 }, (_, count) => store.get(`k${count}`)));
    expect(kept.filter((text) => text !== undefined)).toHaveLength(10);
  });

  it('of tokens has an end, however large they are', () => {
    const kept = authorizations();
    for (let count = 0; count < 100; count++)
      kept.set(`k${count}`, { header: 'x'.repeat(250_000), until: Infinity });
    expect(kept.size).toBe(16);
  });

  it('of a config are words of a command, and no megabytes', () => {
    const config = (size: number) =>
      Buffer.from(
        JSON.stringify({ os: 'linux', architecture: 'amd64', config: { Cmd: ['x'.repeat(size)] } }),
      );
    expect(parseConfig(config(MAX_WORDS - 100)).cmd).toHaveLength(1);
    expect(() => parseConfig(config(MAX_WORDS))).toThrow(
      /ENTRYPOINT and CMD have \d+ bytes, more than 131072/,
    );
  });
});

it('an index of many platforms with large commands is refused before all of them are read', async () => {
  const blobs = new Blobs();
  const platforms = Array.from({ length: 100 }, (_, at) => ({
    platform: `linux/arch${at}`,
    entrypoint: ['x'.repeat(MAX_WORDS / 2)],
  }));
  const index = blobs.index(platforms);
  let configs = 0;
  const { host } = await listen((request, response) => {
    const wanted = decodeURIComponent(request.url?.split('/').at(-1) ?? '');
    const isTag = wanted === 'latest';
    if (request.url?.includes('/blobs/')) configs++;
    else response.setHeader('content-type', isTag ? OCI.index : OCI.manifest);
    response.end(blobs.content.get(isTag ? index.digest : wanted));
  });
  const lookup = new ImageLookup({ registries: new Map([[host, { plainHttp: true }]]) });
  await expect(lookup.find(`${host}/a`, { keyring: keyringOf([]) })).rejects.toThrow(BadImageError);
  expect(configs).toBeLessThanOrEqual(4);
});

it('one who waits for a registry that never answers does not keep another from its images', async () => {
  let waiting = 0;
  const { host } = await listen((request: IncomingMessage, response: ServerResponse) => {
    if (request.url?.includes('/hostile/')) waiting++;
    else response.writeHead(404).end();
  });
  const lookup = new ImageLookup({ registries: new Map([[host, { plainHttp: true }]]) });
  const stop = new AbortController();
  const keyring = keyringOf([]);
  const hostile = Array.from({ length: 40 }, (_, count) =>
    lookup
      .find(`${host}/hostile/${count}`, { keyring, asker: 'hostile', signal: stop.signal })
      .catch(() => 'ended'),
  );
  await waitUntil('it has its share', () => waiting === 2);
  const other = lookup.find(`${host}/honest/a`, { keyring, asker: 'honest' });
  await expect(other).rejects.toMatchObject({ name: 'ImageNotFoundError' });
  expect(waiting).toBe(2);
  stop.abort();
  await Promise.all(hostile);
});

it('one who names many registries at once asks a few of them, and another asks meanwhile', async () => {
  let waiting = 0;
  const silent = await Promise.all(Array.from({ length: 10 }, async () => listen(() => void waiting++)));
  const honest = await listen((_, response) => void response.writeHead(404).end());
  const hosts = [...silent, honest].map(({ host }) => [host, { plainHttp: true }] as const);
  const lookup = new ImageLookup({ registries: new Map(hosts) });
  const stop = new AbortController();
  const keyring = keyringOf([]);
  const hostile = silent.map(async ({ host }) =>
    lookup.find(`${host}/a`, { keyring, asker: 'hostile', signal: stop.signal }).catch(() => 'ended'),
  );
  await waitUntil('it has its share', () => waiting === 4);
  const other = lookup.find(`${honest.host}/a`, { keyring, asker: 'honest' });
  await expect(other).rejects.toMatchObject({ name: 'ImageNotFoundError' });
  expect(waiting).toBe(4);
  stop.abort();
  await Promise.all(hostile);
});
