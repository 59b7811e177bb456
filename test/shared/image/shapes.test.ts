/** Images of odd shapes that containerd pulls and runs: what they run, for whom. */
import { describe, expect, it } from 'vitest';
import { anonymous } from '../../../shared/image/keyring.ts';
import { ImageLookup } from '../../../shared/image/lookup.ts';
import { Blobs, OCI, type Descriptor } from '../../support/images.ts';
import { listen } from '../../support/servers.ts';

const EMPTY = { mediaType: 'application/vnd.oci.empty.v1+json', digest: '', size: 2 };
const LAYER = { mediaType: OCI.layer, digest: `sha256:${'0'.repeat(64)}`, size: 1 };

/** A registry of one image, whose manifests are sent as `type`, or as what they say they are. */
async function runs(make: (blobs: Blobs) => Descriptor, type?: string): Promise<Record<string, string>> {
  const blobs = new Blobs();
  const top = make(blobs);
  const { host } = await listen(({ url = '' }, response) => {
    const name = url.split('/').at(-1) ?? '';
    const body = blobs.content.get(name === 'latest' ? top.digest : name);
    if (body === undefined) return response.writeHead(404).end();
    const { mediaType = OCI.manifest } = JSON.parse(body.toString()) as { mediaType?: string };
    return response.setHeader('content-type', type ?? mediaType).end(body);
  });
  const lookup = new ImageLookup({ registries: new Map([[host, { plainHttp: true }]]) });
  const { platforms } = await lookup.find(`${host}/image`, { keyring: anonymous });
  return Object.fromEntries(platforms.map(({ platform, entrypoint }) => [platform, entrypoint.join(' ')]));
}

const amd64 = (blobs: Blobs): Descriptor => blobs.image({ platform: 'linux/amd64', entrypoint: ['/amd64'] });
const arm64 = (blobs: Blobs): Descriptor => blobs.image({ platform: 'linux/arm64', entrypoint: ['/arm64'] });
const bare = ({ mediaType, digest, size }: Descriptor): Descriptor => ({ mediaType, digest, size });
const index = (blobs: Blobs, manifests: readonly object[]): Descriptor =>
  blobs.add(OCI.index, { schemaVersion: 2, mediaType: OCI.index, manifests });
const materials = (blobs: Blobs): Descriptor => {
  const { digest } = blobs.add(EMPTY.mediaType, {});
  const layers = [{ mediaType: 'application/spdx+json', digest: LAYER.digest, size: 1 }];
  return blobs.add(OCI.manifest, {
    schemaVersion: 2,
    mediaType: OCI.manifest,
    config: { ...EMPTY, digest },
    layers,
  });
};

const BOTH = { 'linux/amd64': '/amd64', 'linux/arm64': '/arm64' };

describe('an image', () => {
  it.each<[string, (blobs: Blobs) => Descriptor, Record<string, string>]>([
    [
      'with an index in its index',
      (blobs) => index(blobs, [amd64(blobs), index(blobs, [arm64(blobs)])]),
      BOTH,
    ],
    [
      'with two indexes in each other',
      (blobs) => index(blobs, [index(blobs, [index(blobs, [amd64(blobs), arm64(blobs)])])]),
      BOTH,
    ],
    [
      'with a list of materials that is for no platform',
      (blobs) => index(blobs, [materials(blobs), amd64(blobs), arm64(blobs)]),
      BOTH,
    ],
    [
      'with an artifact whose platform is empty',
      (blobs) =>
        index(blobs, [
          { ...materials(blobs), platform: { os: '', architecture: '' } },
          { ...materials(blobs), platform: {} },
          amd64(blobs),
          arm64(blobs),
        ]),
      BOTH,
    ],
    [
      'with entries that name an architecture and no system',
      (blobs) =>
        index(blobs, [
          { ...amd64(blobs), platform: { os: '', architecture: 'amd64' } },
          { ...arm64(blobs), platform: { architecture: 'arm64' } },
        ]),
      BOTH,
    ],
    [
      'with an entry for nodes that have a feature',
      (blobs) =>
        index(blobs, [
          {
            ...blobs.image({ platform: 'linux/amd64', entrypoint: ['/special'] }),
            platform: { os: 'linux', architecture: 'amd64', 'os.features': ['sse4'] },
          },
          amd64(blobs),
          arm64(blobs),
        ]),
      BOTH,
    ],
    [
      'with an entry of an unknown media type',
      (blobs) => index(blobs, [{ ...amd64(blobs), mediaType: 'application/vnd.x+json' }, arm64(blobs)]),
      { 'linux/arm64': '/arm64' },
    ],
    [
      'whose entries do not say what they are for',
      (blobs) => index(blobs, [bare(amd64(blobs)), bare(arm64(blobs))]),
      BOTH,
    ],
    [
      'of which one manifest was never pushed',
      (blobs) => index(blobs, [amd64(blobs), { ...arm64(blobs), digest: `sha256:${'1'.repeat(64)}` }]),
      { 'linux/amd64': '/amd64' },
    ],
    [
      'with two entries for one platform',
      (blobs) =>
        index(blobs, [amd64(blobs), blobs.image({ platform: 'linux/amd64', entrypoint: ['/second'] })]),
      { 'linux/amd64': '/amd64' },
    ],
    [
      'whose config names no platform',
      (blobs) => {
        const config = blobs.add(OCI.config, { config: { Entrypoint: ['/run'] } });
        return blobs.add(OCI.manifest, { schemaVersion: 2, config, layers: [LAYER] });
      },
      { 'unknown/unknown': '/run' },
    ],
    [
      'whose config has a media type of its own',
      (blobs) => {
        const config = blobs.add('application/vnd.x.config+json', { config: { Entrypoint: ['/run'] } });
        return blobs.add(OCI.manifest, { schemaVersion: 2, config, layers: [LAYER] });
      },
      { 'unknown/unknown': '/run' },
    ],
  ])('%s runs what a node runs', async (_, make, expected) => {
    expect(await runs(make)).toEqual(expected);
  });

  it('is told by its fields where the registry has no word for it', async () => {
    const untyped = (blobs: Blobs): Descriptor =>
      blobs.add(OCI.index, { schemaVersion: 2, manifests: [amd64(blobs)] });
    expect(await runs(untyped, 'application/json')).toEqual({ 'linux/amd64': '/amd64' });
  });

  it('is none when there are only artifacts in it', async () => {
    await expect(runs(materials)).rejects.toThrow(/no image but an artifact/);
    await expect(runs((blobs) => index(blobs, [materials(blobs)]))).rejects.toThrow(/not for linux/);
  });
});
