/** What one was told of one repository is told to nobody who could not ask for it there. */
import { describe, expect, it } from 'vitest';
import { anonymous, keyringOf } from '../../../shared/image/keyring.ts';
import { ImageLookupError } from '../../../shared/image/errors.ts';
import { ImageLookup } from '../../../shared/image/lookup.ts';
import { Blobs, OCI, type Descriptor } from '../../support/images.ts';
import { listen } from '../../support/servers.ts';
import { waitUntil } from '../../support/wait-until.ts';

interface Kept {
  /** Who may read it; default: everybody. */
  user?: string;
  blobs: Blobs;
  top: Descriptor;
}

const basic = (user: string): string => Buffer.from(`${user}:x`).toString('base64');

/** A registry that gives from each repository what is in it, and only to whom may read it. */
async function registryWith(repositories: Readonly<Record<string, Kept>>) {
  const asked: string[] = [];
  const { host } = await listen((request, response) => {
    const [, repository = '', kind, wanted = ''] =
      /^\/v2\/(.*)\/(manifests|blobs)\/(.*)$/.exec(request.url ?? '') ?? [];
    const { user, blobs, top } = repositories[repository] ?? {};
    asked.push(`${repository} ${wanted}`);
    if (user !== undefined && request.headers.authorization !== `Basic ${basic(user)}`)
      return void response.writeHead(401, { 'www-authenticate': 'Basic realm="r"' }).end();
    const descriptor = wanted === 'latest' ? top : undefined;
    const body = blobs?.content.get(descriptor?.digest ?? wanted);
    if (body === undefined) return void response.writeHead(404).end();
    if (kind === 'manifests') response.setHeader('content-type', descriptor?.mediaType ?? OCI.manifest);
    response.end(request.method === 'HEAD' ? undefined : body);
  });
  return { host, asked };
}

const keyringFor = (host: string, user: string) =>
  keyringOf([
    {
      source: `secret of ${user}`,
      format: 'dockerconfigjson',
      text: JSON.stringify({ auths: { [host]: { auth: basic(user) } } }),
    },
  ]);

/** The image whose command nobody else may learn, and what its digests are. */
function secretImage() {
  const blobs = new Blobs();
  const top = blobs.image({ platform: 'linux/amd64', entrypoint: ['/secret'] });
  const { config } = JSON.parse(String(blobs.content.get(top.digest))) as { config: Descriptor };
  return { blobs, top, config };
}

/** Repositories whose author names what is in another's. */
const NAMES: [string, (blobs: Blobs, secret: ReturnType<typeof secretImage>) => Descriptor][] = [
  [
    'an index that names its manifest',
    (blobs, { top }) => blobs.add(OCI.index, { schemaVersion: 2, mediaType: OCI.index, manifests: [top] }),
  ],
  [
    'an index in an index that names its manifest',
    (blobs, { top }) => {
      const inner = blobs.add(OCI.index, { schemaVersion: 2, mediaType: OCI.index, manifests: [top] });
      return blobs.add(OCI.index, { schemaVersion: 2, mediaType: OCI.index, manifests: [inner] });
    },
  ],
  [
    'a manifest that names its config',
    (blobs, { config }) =>
      blobs.add(OCI.manifest, { schemaVersion: 2, mediaType: OCI.manifest, config, layers: [] }),
  ],
];

describe.each(NAMES)('what another may read is not told by %s', (_, forge) => {
  const secret = secretImage();
  const blobs = new Blobs();
  const forged = { blobs, top: forge(blobs, secret) };

  it.each<[string, string | undefined, string | undefined]>([
    ['with other credentials', 'victim', 'thief'],
    ['with none', 'victim', undefined],
    ['with the same credentials, from another repository', 'victim', 'victim'],
    ['when both are public', undefined, undefined],
  ])('%s', async (_case, victim, thief) => {
    const { host, asked } = await registryWith({
      private: { ...secret, ...(victim !== undefined && { user: victim }) },
      forged: { ...forged, ...(thief !== undefined && { user: thief }) },
    });
    const lookup = new ImageLookup({ registries: new Map([[host, { plainHttp: true }]]) });
    const as = (user: string | undefined) => (user === undefined ? anonymous : keyringFor(host, user));
    const told = await lookup.find(`${host}/private`, { keyring: as(victim) });
    expect(told.platforms[0]?.entrypoint).toEqual(['/secret']);
    const stolen = lookup.find(`${host}/forged`, { keyring: as(thief) });
    await expect(stolen).rejects.toThrow(/no such image|not for linux|no image/i);
    expect(asked.filter((each) => each.startsWith('forged sha256:')).length).toBeGreaterThan(0);
  });

  it('at another registry', async () => {
    const [here, there] = [await registryWith({ app: secret }), await registryWith({ app: forged })];
    const plain = { plainHttp: true };
    const lookup = new ImageLookup({
      registries: new Map([
        [here.host, plain],
        [there.host, plain],
      ]),
    });
    await lookup.find(`${here.host}/app`, { keyring: anonymous });
    await expect(lookup.find(`${there.host}/app`, { keyring: anonymous })).rejects.toThrow(ImageLookupError);
  });
});

it('a digest that one was told is asked for again by another', async () => {
  const secret = secretImage();
  const { host } = await registryWith({ app: { ...secret, user: 'victim' } });
  const lookup = new ImageLookup({ registries: new Map([[host, { plainHttp: true }]]) });
  const image = `${host}/app@${secret.top.digest}`;
  await lookup.find(image, { keyring: keyringFor(host, 'victim') });
  await expect(lookup.find(image, { keyring: keyringFor(host, 'thief') })).rejects.toMatchObject({
    name: 'NotAuthorizedError',
  });
});

it('one who asks for what a slow line of another’s ends with does not wait in that line', async () => {
  const held = new Set<string>();
  const blobs = new Blobs();
  const top = blobs.image({ platform: 'linux/amd64', entrypoint: ['/run'] });
  const { host } = await listen((request, response) => {
    const url = request.url ?? '';
    if (url.includes('/slow')) return void held.add(url);
    const wanted = url.split('/').at(-1) ?? '';
    if (url.includes('/manifests/')) response.setHeader('content-type', OCI.manifest);
    response.end(blobs.content.get(wanted === 'latest' ? top.digest : wanted));
  });
  const lookup = new ImageLookup({ registries: new Map([[host, { plainHttp: true }]]) });
  const stop = new AbortController();
  const hostile = ['slow1', 'slow2', 'app'].map(async (name) =>
    lookup
      .find(`${host}/${name}`, { keyring: anonymous, asker: 'hostile', signal: stop.signal })
      .catch(() => 'ended'),
  );
  await waitUntil('it has its share', () => held.size === 2);
  const found = await lookup.find(`${host}/app`, { keyring: anonymous, asker: 'honest' });
  expect(found.platforms[0]?.entrypoint).toEqual(['/run']);
  stop.abort();
  await Promise.all(hostile);
});
