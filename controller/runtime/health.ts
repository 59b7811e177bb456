/** What the kubelet and Prometheus ask of the controller. */
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { listenError, parseAddress } from './health/address.ts';
import { boundConnections } from './health/connections.ts';

/** At once. Probes open one each time, Prometheus keeps one. */
export const MAX_CONNECTIONS = 64;

export interface HealthSettings {
  /** `:8080` for all addresses of the machine, IPv4 and IPv6, `127.0.0.1:8080` or `[::1]:8080`. Port 0: any free one. */
  address: string;
  /** What is wrong with the process so that only a restart helps; empty: nothing. */
  live: () => readonly string[];
  /** What it waits for before it can work; empty: nothing. */
  ready: () => readonly string[];
  metrics: () => Promise<{ type: string; text: string }>;
}

export interface HealthServer {
  /** Where it can be asked, `http://127.0.0.1:8080`. */
  url: string;
  /** Ends it with all its connections. */
  close(): Promise<void>;
}

/**
 * Serves `/healthz`, `/readyz` and `/metrics`, and nothing else.
 *
 * @throws {ListenError} for a wrong address, or one that cannot be had
 * @example
 * const health = await serveHealth({ address: ':8080', live: () => [], ready: () => ['the cache is being filled'], metrics });
 */
export async function serveHealth(settings: HealthSettings): Promise<HealthServer> {
  const { address } = settings;
  const { host, port } = parseAddress(address);
  // Small bounds: those who ask send no body, and few headers.
  const server = createServer(
    { maxHeaderSize: 8 * 1024, headersTimeout: 5_000, requestTimeout: 10_000, keepAliveTimeout: 60_000 },
    answering(settings),
  );
  boundConnections(server, MAX_CONNECTIONS);
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error) => reject(listenError(address, error)));
    // Without a host Node listens on all addresses of both kinds, or on IPv4 where there is nothing else.
    server.listen({ port, ...(host !== undefined && { host }) }, resolve);
  });
  return { url: urlOf(server, host), close: () => close(server) };
}

function answering({ live, ready, metrics }: HealthSettings): RequestListener {
  // One page for all who ask while it is being made.
  let making: Promise<Page> | undefined;
  const metricsPage = async (): Promise<Page> => ({ status: 200, ...(await metrics()) });
  const pages = new Map<string, () => Promise<Page>>([
    ['/healthz', async () => problemsPage(live())],
    ['/readyz', async () => problemsPage(ready())],
    ['/metrics', () => (making ??= metricsPage().finally(() => (making = undefined)))],
  ]);
  return (request, response) => {
    const send = ({ status, type = 'text/plain; charset=utf-8', text }: Page): void => {
      response.writeHead(status, { 'content-type': type, 'cache-control': 'no-store' }).end(text);
    };
    const page = pages.get((request.url ?? '').replace(/\?.*$/s, ''));
    if (page === undefined) return send({ status: 404, text: 'not found\n' });
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      response.setHeader('allow', 'GET, HEAD');
      return send({ status: 405, text: 'only GET and HEAD\n' });
    }
    // Who has a broken look at itself is not well.
    page().then(send, (error: unknown) => send({ status: 500, text: `${String(error)}\n` }));
  };
}

interface Page {
  status: number;
  type?: string;
  text: string;
}

function problemsPage(problems: readonly string[]): Page {
  if (problems.length === 0) return { status: 200, text: 'ok\n' };
  return { status: 500, text: problems.map((problem) => `${problem}\n`).join('') };
}

function urlOf(server: Server, host: string | undefined): string {
  const { address, family, port } = server.address() as AddressInfo;
  const name = host === undefined ? 'localhost' : family === 'IPv6' ? `[${address}]` : address;
  return `http://${name}:${port}`;
}

async function close(server: Server): Promise<void> {
  if (!server.listening) return;
  const closed = new Promise((resolve) => server.close(resolve));
  server.closeAllConnections();
  await closed;
}
