import { type IncomingMessage, type ServerResponse } from 'node:http';
import { describe, expect, it } from 'vitest';
import {
  BadImageError,
  type ImageLookupError,
  ImageNotFoundError,
  NoImageCommandError,
  NotAuthorizedError,
  RateLimitedError,
  RegistryUnreachableError,
} from '../../../shared/image/errors.ts';
import { wordsOf, type FoundImage } from '../../../shared/image/found.ts';
import { keyringOf } from '../../../shared/image/keyring.ts';
import { ImageLookup } from '../../../shared/image/lookup.ts';
import { Blobs, digestOf, OCI, type Descriptor } from '../../support/images.ts';
import { listen, type Listening } from '../../support/servers.ts';
import { waitUntil } from '../../support/wait-until.ts';

const SECRET = 'hunter2-of-the-user';
const TOKEN = 'token-of-the-service';
const MB = 1024 * 1024;

type Handle = (request: IncomingMessage, response: ServerResponse) => void;

interface Setting {
  blobs: Blobs;
  image: Descriptor;
  /** A host that credentials are not for. */
  elsewhere: Listening;
  /** The registry itself. */
  url: () => string;
}

/** A good registry; a case breaks it. */
function good({ blobs, image }: Pick<Setting, 'blobs' | 'image'>): Handle {
  return ({ url = '' }, response) => {
    const wanted = decodeURIComponent(url.split('/').at(-1) ?? '');
    const bytes = blobs.content.get(wanted === 'latest' ? image.digest : wanted);
    if (bytes === undefined) return void response.writeHead(404).end();
    if (url.includes('/manifests/')) response.setHeader('content-type', OCI.manifest);
    response.end(bytes);
  };
}

/** Runs one lookup at a registry that `broken` makes, and gives what came of it. */
async function lookAt(broken: (setting: Setting) => Handle, deadline = 5_000) {
  const blobs = new Blobs();
  const image = blobs.image({ platform: 'linux/amd64', entrypoint: ['/run'] });
  const shownElsewhere: (string | undefined)[] = [];
  const elsewhere = await listen(
    (request, response) => {
      shownElsewhere.push(request.headers.authorization);
      good({ blobs, image })(request, response);
    },
    { address: '127.0.0.2' },
  );
  let handle: Handle = good({ blobs, image });
  let requests = 0;
  const registry = await listen((request, response) => {
    requests++;
    handle(request, response);
  });
  handle = broken({ blobs, image, elsewhere, url: () => registry.url });

  const keyring = keyringOf([
    {
      source: 'secret ci/pull',
      format: 'dockerconfigjson',
      text: JSON.stringify({ auths: { [registry.host]: { username: 'me', password: SECRET } } }),
    },
  ]);
  const lookup = new ImageLookup({ registries: new Map([[registry.host, { plainHttp: true }]]), deadline });
  const find = (more: { fresh?: boolean } = {}) => lookup.find(`${registry.host}/a/b`, { keyring, ...more });
  let found: FoundImage | undefined;
  let error: unknown;
  try {
    found = await find();
  } catch (thrown) {
    error = thrown;
  }
  return { found, error, shownElsewhere, requests: () => requests, find, host: registry.host };
}

const answer =
  (status: number, headers: Record<string, string> = {}, body = ''): Handle =>
  (_, response) =>
    void response.writeHead(status, headers).end(body);

/** Asks for Basic first, so that the registry itself has been shown the credentials. */
const afterLogin =
  (handle: Handle): Handle =>
  (request, response) =>
    request.headers.authorization === undefined
      ? answer(401, { 'www-authenticate': 'Basic realm="x"' })(request, response)
      : handle(request, response);

const only =
  (part: string, fault: Handle, otherwise: Handle): Handle =>
  (request, response) =>
    (request.url?.includes(part) ? fault : otherwise)(request, response);

const manifestOf = (setting: Setting, change: object): Handle => {
  const bytes = Buffer.from(
    JSON.stringify({
      ...(JSON.parse(String(setting.blobs.content.get(setting.image.digest))) as object),
      ...change,
    }),
  );
  return only(
    '/manifests/',
    (_, response) => {
      response.setHeader('content-type', OCI.manifest);
      response.end(bytes);
    },
    good(setting),
  );
};

/** Answers with a chunk now and then, for ever. */
const drip =
  (chunk: Buffer, pause: number): Handle =>
  (_, response) => {
    response.writeHead(200, { 'content-type': OCI.manifest });
    const timer = setInterval(() => response.write(chunk), pause);
    response.on('close', () => clearInterval(timer));
  };

type Kind = new (...args: never[]) => ImageLookupError;

describe('a registry that', () => {
  it.each<[string, (setting: Setting) => Handle, Kind, RegExp]>([
    [
      'answers 401 for ever',
      () => answer(401, { 'www-authenticate': 'Basic realm="x"' }),
      NotAuthorizedError,
      /refuses access \(it answers 401\), asked with secret ci\/pull; .*docker login.*imagePullSecrets/,
    ],
    [
      'gives a token and does not take it',
      ({ url }) =>
        only('/token', answer(200, {}, JSON.stringify({ token: TOKEN })), (request, response) =>
          answer(401, { 'www-authenticate': `Bearer realm="${url()}/token"` })(request, response),
        ),
      NotAuthorizedError,
      /it answers 401/,
    ],
    [
      'answers 401 without saying what it wants',
      () => answer(401),
      NotAuthorizedError,
      /without a WWW-Authenticate header/,
    ],
    ['answers 403', () => answer(403), NotAuthorizedError, /it answers 403/],
    [
      'answers 404',
      () => answer(404),
      ImageNotFoundError,
      /has no such image, or hides it from secret ci\/pull/,
    ],
    [
      'answers 429 with a time',
      () => answer(429, { 'retry-after': '120' }),
      RateLimitedError,
      /limits how often it may be asked, until 20.*Z; try again in 1[12]\d s/,
    ],
    ['answers 429 without a time', () => answer(429), RateLimitedError, /try again in \d+ s/],
    ['answers 500', () => answer(500), RegistryUnreachableError, /it answers 500; try again later/],
    [
      'ends a body too early',
      () => (_, response) => {
        response.writeHead(200, { 'content-length': '1000', 'content-type': OCI.manifest });
        response.write('{"schemaVersion":2', () => response.destroy());
      },
      RegistryUnreachableError,
      /the connection was cut/,
    ],
    [
      'cuts every connection',
      () =>
        ({ socket }) =>
          void socket.destroy(),
      RegistryUnreachableError,
      /the connection was cut/,
    ],
    [
      'gives a manifest of another digest than it says',
      (setting) => (request, response) => {
        response.setHeader('docker-content-digest', digestOf('another'));
        good(setting)(request, response);
      },
      BadImageError,
      /its manifest should have the digest sha256:[0-9a-f]{64}, but has sha256/,
    ],
    [
      'gives a config of another digest than the manifest says',
      (setting) => only('/blobs/', answer(200, {}, '{"os":"linux","architecture":"amd64"}'), good(setting)),
      BadImageError,
      /its config should have the digest/,
    ],
    [
      'says that the manifest has a gigabyte',
      () => answer(200, { 'content-length': String(1024 * MB) }),
      BadImageError,
      /more than 1048576 bytes/,
    ],
    [
      'says that the config has a gigabyte',
      (setting) =>
        manifestOf(setting, {
          config: { mediaType: OCI.config, digest: digestOf('x'), size: 1024 * MB },
        }),
      BadImageError,
      /its config has 1073741824 bytes/,
    ],
    [
      'gives a manifest that is no JSON',
      () => answer(200, { 'content-type': OCI.manifest }, '{"a":'),
      BadImageError,
      /the manifest is no JSON/,
    ],
    [
      'gives a web page',
      () => answer(200, { 'content-type': 'text/html' }, '<html>'),
      BadImageError,
      /the manifest is no JSON/,
    ],
    [
      'gives JSON that is no manifest',
      () => answer(200, { 'content-type': OCI.manifest }, '[]'),
      BadImageError,
      /malformed/,
    ],
    [
      'gives a manifest whose digest is a path',
      (setting) => manifestOf(setting, { config: { mediaType: OCI.config, digest: '../../x', size: 1 } }),
      BadImageError,
      /malformed at config\.digest: is no digest/,
    ],
    [
      'gives what is an image and an index at once',
      (setting) => manifestOf(setting, { manifests: [] }),
      BadImageError,
      /both an index and an image/,
    ],
    [
      'gives a chart',
      (setting) =>
        manifestOf(setting, {
          config: { mediaType: 'application/vnd.cncf.helm.config.v1+json', digest: digestOf('x'), size: 1 },
          layers: [],
        }),
      BadImageError,
      /no image but an artifact of type "application\/vnd\.cncf\.helm/,
    ],
    [
      'gives a manifest of the first format',
      () =>
        answer(200, { 'content-type': 'application/vnd.docker.distribution.manifest.v1+prettyjws' }, '{}'),
      BadImageError,
      /old format/,
    ],
    [
      'redirects in a circle',
      ({ url }) =>
        (_, response) =>
          answer(307, { location: `${url()}/again` })(_, response),
      BadImageError,
      /redirects more than 5 times/,
    ],
    [
      'redirects to a file',
      () => answer(307, { location: 'file:///etc/passwd' }),
      BadImageError,
      /no web address/,
    ],
    [
      'names a token service on another host',
      ({ elsewhere }) =>
        answer(401, { 'www-authenticate': `Bearer realm="${elsewhere.url}/token",service="x"` }),
      NotAuthorizedError,
      /names a token service on another host, 127\.0\.0\.2:\d+, nothing was sent there/,
    ],
    [
      'names a token service that gives nonsense',
      ({ url }) =>
        only('/token', answer(200, {}, JSON.stringify({ token: `${TOKEN}\r\nx: y` })), (request, response) =>
          answer(401, { 'www-authenticate': `Bearer realm="${url()}/token"` })(request, response),
        ),
      RegistryUnreachableError,
      /gives no token/,
    ],
    [
      'names a token service that refuses',
      ({ url }) =>
        only('/token', answer(403, {}, SECRET), (request, response) =>
          answer(401, { 'www-authenticate': `Bearer realm="${url()}/token"` })(request, response),
        ),
      NotAuthorizedError,
      /its token service 127\.0\.0\.1:\d+ answers 403/,
    ],
  ])('%s: a clear error, no secret in it, and none to another host', async (_, broken, kind, message) => {
    const { error, shownElsewhere, host, requests, find } = await lookAt(broken);
    expect(error).toBeInstanceOf(kind);
    expect(String(error)).toMatch(message);
    expect(error).toMatchObject({ image: `${host}/a/b`, registry: host });
    expect(String(error)).toContain(`image ${host}/a/b: `);
    expect(shownElsewhere).toEqual([]);
    for (let each = error; each instanceof Error; each = each.cause) {
      expect(`${each.stack}${JSON.stringify(each)}`).not.toMatch(/hunter2|token-of-the-service/);
    }
    // The next one hears it at once.
    const before = requests();
    await expect(find()).rejects.toThrow(kind);
    expect(requests()).toBe(before);
  });

  it.each<[string, Handle, Kind, RegExp]>([
    ['never answers', () => undefined, RegistryUnreachableError, /no whole answer in time/],
    [
      'answers a byte now and then',
      drip(Buffer.from(' '), 20),
      RegistryUnreachableError,
      /no whole answer in time/,
    ],
    ['never stops answering', drip(Buffer.alloc(MB, ' '), 1), BadImageError, /more than 1048576 bytes/],
  ])('%s is given up, and its connection closed', async (_, fault, kind, message) => {
    let closed = false;
    const { error } = await lookAt(
      () => (request, response) => {
        response.on('close', () => (closed = true));
        fault(request, response);
      },
      1_000,
    );
    expect(error).toBeInstanceOf(kind);
    expect(String(error)).toMatch(message);
    await waitUntil('the connection is closed', () => closed);
  });

  it('redirects to a blob store on another host is followed, without the credentials that it was shown', async () => {
    const { found, shownElsewhere } = await lookAt((setting) =>
      afterLogin(
        only(
          '/blobs/',
          ({ url = '' }, response) =>
            void response.writeHead(307, { location: `${setting.elsewhere.url}${url}` }).end(),
          good(setting),
        ),
      ),
    );
    expect(found?.platforms[0]?.entrypoint).toEqual(['/run']);
    expect(shownElsewhere).toEqual([undefined]);
  });

  it('redirects to another host that wants credentials gets an error, and the host none', async () => {
    const shown: (string | undefined)[] = [];
    const greedy = await listen(
      (request, response) => {
        shown.push(request.headers.authorization);
        answer(401, { 'www-authenticate': 'Basic realm="give me"' })(request, response);
      },
      { address: '127.0.0.3' },
    );
    const { error } = await lookAt((setting) =>
      afterLogin(only('/blobs/', answer(302, { location: greedy.url }), good(setting))),
    );
    expect(error).toBeInstanceOf(NotAuthorizedError);
    expect(new Set(shown)).toEqual(new Set([undefined]));
  });

  it('knows no HEAD is asked for the manifest instead', async () => {
    const methods: (string | undefined)[] = [];
    const { find } = await lookAt((setting) => (request, response) => {
      methods.push(request.method);
      if (request.method === 'HEAD') answer(405)(request, response);
      else good(setting)(request, response);
    });
    expect((await find({ fresh: true })).platforms[0]?.entrypoint).toEqual(['/run']);
    expect(methods).toEqual(['GET', 'GET', 'HEAD', 'GET']);
  });

  it('wants a token gets one for an identity token, which goes to its token service only', async () => {
    const posted: string[] = [];
    const shown: (string | undefined)[] = [];
    const blobs = new Blobs();
    const image = blobs.image({ platform: 'linux/amd64', entrypoint: ['/run'] });
    const { host } = await listen((request, response) => {
      if (request.url === '/token') {
        request.on('data', (chunk: Buffer) => posted.push(chunk.toString()));
        request.on('end', () => response.end(JSON.stringify({ access_token: TOKEN })));
        return;
      }
      shown.push(request.headers.authorization);
      const challenge = `Bearer realm="http://${host}/token",service="s"`;
      if (request.headers.authorization === `Bearer ${TOKEN}`) good({ blobs, image })(request, response);
      else answer(401, { 'www-authenticate': challenge })(request, response);
    });
    const text = JSON.stringify({ auths: { [host]: { identitytoken: SECRET } } });
    const keyring = keyringOf([{ source: 'secret', format: 'dockerconfigjson', text }]);
    const lookup = new ImageLookup({ registries: new Map([[host, { plainHttp: true }]]) });
    expect((await lookup.find(`${host}/a/b`, { keyring })).platforms).toHaveLength(1);
    expect(Object.fromEntries(new URLSearchParams(posted.join('')))).toMatchObject({
      grant_type: 'refresh_token',
      refresh_token: SECRET,
      service: 's',
      scope: 'repository:a/b:pull',
    });
    expect(shown).toEqual([undefined, `Bearer ${TOKEN}`, `Bearer ${TOKEN}`]);
  });

  it('is overloaded for a moment is asked again, when it says', async () => {
    let refused = 0;
    const { found } = await lookAt((setting) => (request, response) => {
      if (refused++ < 2) answer(503, { 'retry-after': '0' })(request, response);
      else good(setting)(request, response);
    });
    expect(found?.platforms[0]?.entrypoint).toEqual(['/run']);
  });

  it('has a config with no command gives what it has; what to run is then for the step to say', async () => {
    const { found } = await lookAt(({ blobs }) => {
      const silent = blobs.image({ platform: 'linux/amd64' });
      return good({ blobs, image: silent });
    });
    expect(() => found && wordsOf(found)).toThrow(NoImageCommandError);
    expect(() => found && wordsOf(found)).toThrow(/has neither ENTRYPOINT nor CMD.*; say what to run/);
  });

  it('is not there: the name, the port and the time are told apart', async () => {
    const keyring = keyringOf([]);
    // An address of this machine at which no other test listens, whatever ports they get.
    const nowhere = '127.77.77.77:5000';
    const lookup = new ImageLookup({ registries: new Map([[nowhere, { plainHttp: true }]]) });
    const obstacle = async (image: string): Promise<unknown> =>
      lookup.find(image, { keyring }).catch((error: RegistryUnreachableError) => error.obstacle);
    expect(await obstacle(`${nowhere}/a`)).toBe('connection');
    expect(await obstacle('registry.invalid/a')).toBe('name');
  });

  it('is not waited for by one who leaves, while the others are', async () => {
    let release = (): void => undefined;
    let asked = 0;
    const blobs = new Blobs();
    const image = blobs.image({ platform: 'linux/amd64', entrypoint: ['/run'] });
    const { host } = await listen((request, response) => {
      asked++;
      const answerNow = (): void => good({ blobs, image })(request, response);
      if (asked > 1) answerNow();
      else release = answerNow;
    });
    const lookup = new ImageLookup({ registries: new Map([[host, { plainHttp: true }]]) });
    const leaver = new AbortController();
    const keyring = keyringOf([]);
    const left = lookup.find(`${host}/a`, { keyring, signal: leaver.signal });
    const stayed = lookup.find(`${host}/a`, { keyring });
    await waitUntil('it is asked', () => asked === 1);
    leaver.abort(new Error('left'));
    await expect(left).rejects.toThrow('left');
    release();
    expect((await stayed).platforms[0]?.entrypoint).toEqual(['/run']);
    expect(asked).toBe(2);
  });

  it('is asked by so many at once as it is said, and no more', async () => {
    let [now, most] = [0, 0];
    const blobs = new Blobs();
    const image = blobs.image({ platform: 'linux/amd64', entrypoint: ['/run'] });
    const { host } = await listen((request, response) => {
      most = Math.max(most, ++now);
      response.on('finish', () => now--);
      setImmediate(() => good({ blobs, image })(request, response));
    });
    const lookup = new ImageLookup({ registries: new Map([[host, { plainHttp: true }]]), perRegistry: 3 });
    await Promise.all(
      Array.from({ length: 30 }, (_, i) => lookup.find(`${host}/image-${i}`, { keyring: keyringOf([]) })),
    );
    expect(most).toBeLessThanOrEqual(3);
  });
});
