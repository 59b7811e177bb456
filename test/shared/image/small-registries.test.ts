/** What registries do that a well-behaved one does not: plain http on this machine, odd HEADs, tokens of every shape. */
import { type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { ownAddresses } from '../../../shared/image/addresses.ts';
import { anonymous, keyringOf } from '../../../shared/image/keyring.ts';
import { ImageLookup } from '../../../shared/image/lookup.ts';
import { endpointsOf } from '../../../shared/image/settings.ts';
import { Blobs, OCI } from '../../support/images.ts';
import { freePort, listen } from '../../support/servers.ts';

type Handle = (request: IncomingMessage, response: ServerResponse) => void;

function images(): Handle {
  const blobs = new Blobs();
  const image = blobs.image({ platform: 'linux/amd64', entrypoint: ['/run'] });
  return ({ url = '', method }, response) => {
    const wanted = decodeURIComponent(url.split('/').at(-1) ?? '');
    const bytes = blobs.content.get(wanted === 'latest' ? image.digest : wanted);
    if (bytes === undefined) return void response.writeHead(404).end();
    if (url.includes('/manifests/')) {
      response.setHeader('content-type', OCI.manifest);
      response.setHeader('docker-content-digest', image.digest);
    }
    response.end(method === 'HEAD' ? undefined : bytes);
  };
}

const basicFor = (host: string) =>
  keyringOf([
    {
      ...{ source: 'secret ci/pull', format: 'dockerconfigjson' },
      text: JSON.stringify({ auths: { [host]: { username: 'me', password: 'hunter2' } } }),
    } as const,
  ]);

describe('a registry of this machine', () => {
  it.each(['127.0.0.1', 'localhost', '127.8.9.10', '[::1]'])('may speak plain http: %s', async (name) => {
    const address = name === 'localhost' ? '127.0.0.1' : name.replace(/[[\]]/g, '');
    const { port } = await listen(images(), { address });
    const found = await new ImageLookup().find(`${name}:${port}/a`, { keyring: anonymous });
    expect(found.platforms[0]?.entrypoint).toEqual(['/run']);
  });

  it('may end what it does not understand instead of answering', async () => {
    const inner = await listen(images());
    const { connect } = await import('node:net');
    const door = createServer((socket) => {
      socket.on('error', () => undefined);
      socket.once('data', (bytes) => {
        // The begin of TLS.
        if (bytes[0] === 0x16) return void socket.resetAndDestroy();
        const forward = connect(inner.port, '127.0.0.1');
        forward.on('error', () => socket.destroy());
        forward.write(bytes);
        socket.pipe(forward).pipe(socket);
      });
    });
    await new Promise<void>((resolve) => door.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void door.close());
    const { port } = door.address() as { port: number };
    const found = await new ImageLookup().find(`127.0.0.1:${port}/a`, { keyring: anonymous });
    expect(found.platforms[0]?.entrypoint).toEqual(['/run']);
  });

  it.each([
    ['localhost', true],
    ['LOCALHOST:5000', true],
    ['127.255.0.1:5000', true],
    ['[::1]:5000', true],
    ['127.example.com', false],
    ['localhost.example.com:5000', false],
    ['192.0.2.1:5000', false],
    ['docker.io', false],
  ])('is told by its name: %s', (name, isPlain) => {
    expect(endpointsOf(name, new Map()).some(({ plain }) => plain !== undefined)).toBe(isPlain);
  });

  it.each([{ plainHttp: true }, { ca: 'PEM' }])('is asked in one way where it is said which: %j', (said) => {
    expect(endpointsOf('localhost:1', new Map([['localhost:1', said]]))).toHaveLength(1);
    expect(endpointsOf('localhost:1', new Map([['localhost:1', said]]))[0]).not.toHaveProperty('plain');
  });

  it('that is not there is said to be so', async () => {
    const host = `127.0.0.1:${await freePort()}`;
    const asked = new ImageLookup().find(`${host}/a`, { keyring: anonymous });
    await expect(asked).rejects.toMatchObject({ obstacle: 'connection', registry: host });
  });

  it('is not asked by who may not ask it, in whatever way', async () => {
    let asked = 0;
    const { host } = await listen((request, response) => {
      asked++;
      images()(request, response);
    });
    const lookup = new ImageLookup({ denied: ownAddresses({}) });
    await expect(lookup.find(`${host}/a`, { keyring: anonymous })).rejects.toThrow(
      'an address of the cluster’s own',
    );
    expect(asked).toBe(0);
  });
});

describe('a registry whose HEAD', () => {
  it.each<[string, Handle]>([
    ['is not allowed', (_, response) => void response.writeHead(405).end()],
    ['finds nothing', (_, response) => void response.writeHead(404).end()],
    ['is refused', (_, response) => void response.writeHead(401).end()],
    ['is forbidden', (_, response) => void response.writeHead(403).end()],
    ['is not implemented', (_, response) => void response.writeHead(501).end()],
    ['fails', (_, response) => void response.writeHead(500).end()],
    ['cuts the connection', ({ socket }) => void socket.destroy()],
    ['does not say the digest', (_, response) => void response.writeHead(200).end()],
    [
      'says a digest that is none',
      (_, response) => void response.writeHead(200, { 'docker-content-digest': 'x' }).end(),
    ],
  ])('%s is asked with GET', async (_, onHead) => {
    const all = images();
    const { host } = await listen((request, response) =>
      (request.method === 'HEAD' ? onHead : all)(request, response),
    );
    const lookup = new ImageLookup();
    for (let round = 0; round < 2; round++) {
      const found = await lookup.find(`${host}/a`, { keyring: anonymous, fresh: true });
      expect(found).toMatchObject({ from: 'registry', platforms: [{ entrypoint: ['/run'] }] });
    }
  });
});

describe('an answer of a token service', () => {
  const GOOD = 'good';

  /** Looks an image up twice; says how often a token was asked for. */
  async function lookUp(
    tokens: (request: IncomingMessage, body: string) => object | number,
    identity?: string,
  ) {
    const all = images();
    let given = 0;
    const { host } = await listen((request, response) => {
      const { url = '', headers } = request;
      if (!url.startsWith('/token')) {
        if (headers.authorization === `Bearer ${GOOD}`) return all(request, response);
        const realm = `Bearer realm="http://${host}/token",service="s",scope="repository:a:pull"`;
        return void response.writeHead(401, { 'www-authenticate': realm }).end();
      }
      let body = '';
      request.on('data', (chunk: Buffer) => (body += chunk.toString()));
      request.on('end', () => {
        const answer = tokens(request, body);
        if (typeof answer === 'number') return void response.writeHead(answer).end();
        given++;
        response.end(JSON.stringify(answer));
      });
    });
    const keyring =
      identity === undefined
        ? basicFor(host)
        : keyringOf([
            {
              ...{ source: 'secret', format: 'dockerconfigjson' },
              text: JSON.stringify({ auths: { [host]: { identitytoken: identity } } }),
            } as const,
          ]);
    const lookup = new ImageLookup();
    for (let round = 0; round < 2; round++) await lookup.find(`${host}/a`, { keyring, fresh: true });
    return given;
  }

  it.each<[string, object, number]>([
    ['a token', { token: GOOD }, 1],
    ['an access token', { access_token: GOOD }, 1],
    ['both', { token: GOOD, access_token: GOOD }, 1],
    ['an empty one and the other', { token: '', access_token: GOOD }, 1],
    ['one that is null and the other', { token: null, access_token: GOOD }, 1],
    ['a lifetime', { token: GOOD, expires_in: 300 }, 1],
    ['a lifetime as text', { token: GOOD, expires_in: '300' }, 1],
    ['a lifetime of nothing, which is the usual one', { token: GOOD, expires_in: 0 }, 1],
    ['a lifetime below nothing', { token: GOOD, expires_in: -5 }, 1],
    ['a lifetime without end', { token: GOOD, expires_in: 1e300 }, 1],
    ['a lifetime that is over at once', { token: GOOD, expires_in: 1 }, 3],
    ['a time at which it was given', { token: GOOD, expires_in: 300, issued_at: '2999-01-01T00:00:00Z' }, 1],
    [
      'a time at which it was given, long ago',
      { token: GOOD, expires_in: 300, issued_at: '2001-01-01T00:00:00Z' },
      3,
    ],
    ['a time that is none', { token: GOOD, expires_in: 300, issued_at: 'now' }, 1],
    [
      'a refresh token too, and more',
      { token: GOOD, refresh_token: 'r', token_type: 'Bearer', scope: 's' },
      1,
    ],
  ])('may have %s', async (_, answer, asked) => {
    const given = await lookUp(() => answer);
    if (asked === 1) expect(given).toBe(1);
    // One that is over is asked for again with each request.
    else expect(given).toBeGreaterThanOrEqual(asked);
  });

  it('may come for a POST only', async () => {
    const asked: string[] = [];
    await lookUp(({ method = '' }, body) => {
      asked.push(method);
      return method === 'POST' && new URLSearchParams(body).get('password') === 'hunter2'
        ? { access_token: GOOD }
        : 405;
    });
    expect(asked).toEqual(['GET', 'POST']);
  });

  it('to an identity token comes for a POST with it', async () => {
    const given = await lookUp((_, body) => {
      const form = new URLSearchParams(body);
      return form.get('grant_type') === 'refresh_token' && form.get('refresh_token') === 'r'
        ? { access_token: GOOD }
        : 401;
    }, 'r');
    expect(given).toBe(1);
  });
});
