/** Debian's docker-registry on loopback, and the tools that fill it. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { request as forward } from 'node:http';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { stringify } from 'yaml';
import { type Blobs, type Descriptor, writeLayout } from './images.ts';
import { freePort, listen, type Listening } from './servers.ts';
import { waitUntil } from './wait-until.ts';

export interface Registry {
  /** `127.0.0.1:1234` */
  host: string;
  /** Every request so far, `GET /v2/…`. Without TLS only: the door that counts could not look into it. */
  requests: string[];
  /** What it keeps, for another registry that has the same images. */
  data: string;
  /** Copies an image into it; the source as skopeo has it: `oci:DIRECTORY:TAG`. */
  copy(source: string, name: string, format?: 'v2s2'): Promise<void>;
  push(blobs: Blobs, top: Descriptor, name: string, format?: 'v2s2'): Promise<void>;
}

export interface RegistrySetup {
  /** The `auth:` part of its configuration. */
  auth?: object;
  /** Files. */
  tls?: { certificate: string; key: string };
  data?: string;
}

type End = () => Promise<void>;

/** Ends, newest first, what was started. */
export class Ends {
  readonly #ends: End[] = [];
  readonly add = (end: End): void => void this.#ends.push(end);

  async all(): Promise<void> {
    for (const end of this.#ends.splice(0).toReversed()) await end();
  }

  async directory(): Promise<string> {
    const directory = await mkdtemp(join(tmpdir(), 'taskflow-registry-'));
    this.add(() => rm(directory, { recursive: true, force: true }));
    return directory;
  }
}

/** Starts a registry; every request to it is written down. */
export async function startRegistry(ends: Ends, { auth, tls, data }: RegistrySetup = {}): Promise<Registry> {
  const directory = await ends.directory();
  const port = await freePort();
  const requests: string[] = [];
  const door = tls === undefined ? await openDoor(port, requests, ends) : undefined;
  const host = door?.host ?? `127.0.0.1:${port}`;
  const kept = data ?? join(directory, 'data');
  const config = {
    version: 0.1,
    log: { level: 'error', accesslog: { disabled: true } },
    storage: { filesystem: { rootdirectory: kept } },
    http: { addr: `127.0.0.1:${port}`, secret: 'test', ...(tls && { tls }) },
    ...(auth && { auth }),
  };
  await mkdir(kept, { recursive: true });
  await writeFile(join(directory, 'config.yml'), stringify(config));
  const registry = execa('docker-registry', ['serve', join(directory, 'config.yml')], {
    reject: false,
    stdin: 'ignore',
    all: true,
  });
  ends.add(async () => {
    registry.kill('SIGTERM');
    await registry;
  });
  await waitUntil('the registry listens', () => canConnect(port));

  const copy = async (source: string, name: string, format?: 'v2s2'): Promise<void> => {
    await execa(
      'skopeo',
      [
        ...['--insecure-policy', 'copy', '--all', '--quiet', '--dest-tls-verify=false'],
        ...(format === undefined ? [] : ['--format', format]),
        ...[source, `docker://${host}/${name}`],
      ],
      { stdin: 'ignore' },
    );
  };
  let layouts = 0;
  return {
    host,
    requests,
    copy,
    data: kept,
    async push(blobs, top, name, format) {
      const layout = join(directory, `layout-${layouts++}`);
      await writeLayout(layout, blobs, top);
      await copy(`oci:${layout}:latest`, name, format);
    },
  };
}

/** What comes in is written down and passed on. */
async function openDoor(port: number, requests: string[], ends: Ends): Promise<Listening> {
  return listen(
    (request, response) => {
      const { headers, method, url } = request;
      requests.push(`${method} ${url}`);
      const inner = forward({ host: '127.0.0.1', port, method, path: url, headers }, (answer) => {
        response.writeHead(answer.statusCode ?? 500, answer.headers);
        answer.pipe(response);
      });
      inner.on('error', () => response.destroy());
      request.pipe(inner);
    },
    { onEnd: ends.add },
  );
}

async function canConnect(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1');
  const connected = await new Promise<boolean>((resolve) => {
    socket.once('connect', () => resolve(true));
    socket.once('error', () => resolve(false));
  });
  socket.destroy();
  return connected;
}
