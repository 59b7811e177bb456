/**
 * What a lookup costs beside a plain `fetch` of the same manifest, from a registry on this machine that answers at
 * once: cold (manifest and config), warm (the tag is asked for by HEAD), cached (nothing is asked), and 500 lookups of
 * as many images at once.
 */
import { createHash } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import { type AddressInfo } from 'node:net';
import { anonymous, ImageLookup } from '../cli/index.ts';
import { type Row } from './harness/row.ts';

const ROUNDS = 50;
const AT_ONCE = 500;
const TYPE = 'application/vnd.oci.image.manifest.v1+json';

/** Times in milliseconds, each beside those of the plain fetches of the same run. */
export async function imageLookup(): Promise<Row[]> {
  const { server, host } = await startRegistry();
  try {
    const registries = new Map([[host, { plainHttp: true }]]);
    const open = (): ImageLookup => new ImageLookup({ registries, perRegistry: 8 });
    const find = (lookup: ImageLookup, name: string, fresh = false) =>
      lookup.find(`${host}/${name}:1`, { keyring: anonymous, fresh });
    const plain = async (name: string): Promise<void> => {
      await (await fetch(`http://${host}/v2/${name}/manifests/1`)).arrayBuffer();
    };

    await plain('warm-up');
    await find(open(), 'warm-up');
    const one: number[] = [];
    const [cold, warm, cached]: [number[], number[], number[]] = [[], [], []];
    for (let round = 0; round < ROUNDS; round++) {
      const lookup = open();
      one.push(await timed(() => plain('a')));
      cold.push(await timed(() => find(lookup, 'a')));
      warm.push(await timed(() => find(lookup, 'a', true)));
      cached.push(await timed(() => find(lookup, 'a')));
    }
    const names = Array.from({ length: AT_ONCE }, (_, i) => `image-${i}`);
    const many: number[] = [];
    const manyPlain: number[] = [];
    const same: number[] = [];
    for (let round = 0; round < 5; round++) {
      manyPlain.push(await timed(() => Promise.all(names.map(plain))));
      const lookup = open();
      many.push(await timed(() => Promise.all(names.map(async (name) => find(lookup, name)))));
      const again = open();
      same.push(await timed(() => Promise.all(names.map(async () => find(again, 'a')))));
    }

    const than = { what: 'a plain fetch of the manifest', samples: one };
    const thanMany = { what: `${AT_ONCE} plain fetches at once`, samples: manyPlain };
    return [
      { what: 'image lookup, cold', unit: 'ms', samples: cold, than },
      { what: 'image lookup, warm', unit: 'ms', samples: warm, than },
      { what: 'image lookup, cached', unit: 'ms', samples: cached, than },
      { what: `${AT_ONCE} lookups at once`, unit: 'ms', samples: many, than: thanMany },
      { what: `${AT_ONCE} lookups of one image`, unit: 'ms', samples: same, than: thanMany },
    ];
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

async function startRegistry(): Promise<{ server: Server; host: string }> {
  const config = JSON.stringify({ os: 'linux', architecture: 'amd64', config: { Entrypoint: ['/run'] } });
  const digest = `sha256:${createHash('sha256').update(config).digest('hex')}`;
  const manifest = JSON.stringify({
    schemaVersion: 2,
    mediaType: TYPE,
    config: { mediaType: 'application/vnd.oci.image.config.v1+json', digest, size: config.length },
    layers: [],
  });
  const manifestDigest = `sha256:${createHash('sha256').update(manifest).digest('hex')}`;
  const server = createServer(({ url = '' }, response) => {
    if (!url.includes('/manifests/')) return void response.end(config);
    response.setHeader('content-type', TYPE);
    response.setHeader('docker-content-digest', manifestDigest);
    response.end(manifest);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return { server, host: `127.0.0.1:${port}` };
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const begun = performance.now();
  await work();
  return performance.now() - begun;
}
