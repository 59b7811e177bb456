/**
 * A Kubernetes API server in memory, for tests and measurements: real HTTP on loopback, no cluster behind it. What it
 * does it does as kube-apiserver 1.36; the contract suite runs against both.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { type AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { Catalog } from './catalog.ts';
import { Counts } from './counts.ts';
import { definitionRules, serveDefinitions } from './definitions.ts';
import { Faults } from './faults.ts';
import { Front } from './fronts.ts';
import { GarbageCollector } from './garbage.ts';
import { Access, type User } from './http/access.ts';
import { answer, selectorOf, type Services } from './http/answer.ts';
import { readJson } from './http/body.ts';
import { callOf, type Call } from './http/call.ts';
import { builtIn } from './kinds/built-in.ts';
import { writeKubeconfig, type KubeconfigOptions } from './kubeconfig.ts';
import { resourceKey } from './resource.ts';
import { StatusError } from './status.ts';
import { Store } from './store.ts';
import { Watch, watchVersion, type WatchQuery } from './watch.ts';
import { Writer } from './write/writer.ts';

export interface ApiServerSettings {
  /** How many changes of each resource are kept for watches. Default: 10,000. */
  history?: number;
  /** ms between bookmarks. Default: 60,000, as the real one. */
  bookmarkInterval?: number;
  /** Collects dependents of what is gone. Default: true. */
  collectGarbage?: boolean;
  /** Users by their bearer tokens. Default: none, and everybody may do everything. */
  users?: Readonly<Record<string, User>>;
  /** Namespaces that are there from the start, beside `default` and `kube-system`. */
  namespaces?: readonly string[];
  /** PEM; with it the server speaks TLS. */
  tls?: { key: string; cert: string };
}

export interface ApiServer {
  /** `http://127.0.0.1:1234` */
  url: string;
  port: number;
  faults: Faults;
  counts: Counts;
  access: Access;
  garbage: GarbageCollector;
  store: Store;
  /** How many watches are open. */
  watches: () => number;
  /** Another port whose network can be broken by itself. */
  front: () => Promise<Front>;
  /** Writes a kubeconfig for it, or for one of its fronts. */
  kubeconfig: (path: string, options?: Partial<KubeconfigOptions>) => Promise<void>;
  /** Ends every connection and listens no more. */
  stop: () => Promise<void>;
}

const VERSION = {
  major: '1',
  minor: '36',
  gitVersion: 'v1.36.0-double',
  gitCommit: '',
  gitTreeState: 'clean',
  buildDate: '2026-01-01T00:00:00Z',
  goVersion: 'go1.26',
  compiler: 'gc',
  platform: 'linux/amd64',
};

const DEFAULT_HISTORY = 10_000;
const DEFAULT_BOOKMARKS = 60_000;
/** ms; the real one gives a watch without a timeout 30 to 60 minutes. */
const DEFAULT_TIMEOUT = 45 * 60_000;
/** Where the counting of versions begins: no test may rely on small ones. */
const FIRST_VERSION = 1000;

/**
 * Starts the server on a free port of 127.0.0.1.
 *
 * @example
 * const server = await startApiServer({ namespaces: ['test'] });
 * await fetch(`${server.url}/api/v1/namespaces/test/pods`);
 * await server.stop();
 */
export async function startApiServer(settings: ApiServerSettings = {}): Promise<ApiServer> {
  const { history = DEFAULT_HISTORY, bookmarkInterval = DEFAULT_BOOKMARKS, users = {}, tls } = settings;
  const store = new Store({ history, firstVersion: FIRST_VERSION });
  const catalog = new Catalog();
  const accounts = 'serviceaccounts.';
  const hasServiceAccount = (namespace: string | undefined, name: string): boolean =>
    store.shelf(accounts).get(namespace, name) !== undefined;
  for (const resource of builtIn({ hasServiceAccount, definitionRules })) catalog.add(resource);
  const writer = new Writer(store);
  serveDefinitions(store, catalog);
  const garbage = new GarbageCollector(store, catalog, settings.collectGarbage ?? true);
  giveServiceAccounts(store, writer, catalog);
  const namespaces = catalog.find('', 'v1', 'namespaces');
  if (namespaces === undefined) throw new Error('namespaces are not served');
  for (const name of ['default', 'kube-system', ...(settings.namespaces ?? [])])
    writer.create(namespaces, undefined, { metadata: { name } });

  const watches = new Set<Watch>();
  const faults = new Faults(store, watches);
  const counts = new Counts();
  const access = new Access(users);
  const services: Services = {
    store,
    writer,
    collects: () => garbage.enabled,
    oldestToken: () => faults.oldestToken,
  };

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (faults.delay > 0) await sleep(faults.delay, undefined, { ref: false });
    const url = new URL(request.url ?? '/', 'http://localhost');
    let call: Call | undefined;
    try {
      const user = access.userOf(request.headers.authorization);
      call = callOf(catalog, request.method ?? '', url, user?.name);
      if (call === undefined) return other(url.pathname, response);
      access.check(call, user);
      faults.check(call);
      if (call.verb === 'watch') return watch(call, response);
      const body = await readJson(request);
      const { code, json } = answer(services, call, body, request.headers['content-type'] ?? '');
      const lost = faults.losesAnswer(call);
      counts.add(call, lost ? 0 : code);
      if (lost) return void response.socket?.resetAndDestroy();
      send(response, code, json);
    } catch (error) {
      const refusal = refusalOf(error);
      if (call !== undefined) counts.add(call, refusal.code);
      const after = refusal.status.details?.retryAfterSeconds;
      // A body that nobody read would be taken for the next request.
      request.resume();
      if (after !== undefined) response.setHeader('retry-after', String(after));
      send(response, refusal.code, JSON.stringify(refusal.status));
    }
  }

  function watch(call: Call, response: ServerResponse): void {
    const { resource, namespace, params } = call;
    const seconds = Number(params.get('timeoutSeconds') ?? 0);
    const matches = selectorOf(params);
    const initialEnd = params.get('sendInitialEvents') === 'true';
    const query: WatchQuery = {
      resource,
      namespace,
      initialEnd,
      matches: (meta) => (namespace === undefined || meta.namespace === namespace) && matches(meta),
      since: initialEnd ? undefined : watchVersion(params.get('resourceVersion')),
      bookmarks: ['1', 'true'].includes(params.get('allowWatchBookmarks') ?? ''),
      timeout: seconds > 0 ? seconds * 1000 : DEFAULT_TIMEOUT,
    };
    const opened = new Watch(store, query, response, () => faults.repeatEvents);
    counts.add(call, 200);
    watches.add(opened);
    response.once('close', () => watches.delete(opened));
    opened.start({ bookmarkInterval });
    if (faults.stallNewWatches) opened.stop();
  }

  function other(path: string, response: ServerResponse): void {
    if (path === '/version') return send(response, 200, JSON.stringify(VERSION));
    if (['/healthz', '/livez', '/readyz'].includes(path)) return void response.end('ok');
    const found = catalog.discovery(path);
    if (found !== undefined) return send(response, 200, JSON.stringify(found));
    response.writeHead(404, { 'content-type': 'text/plain; charset=utf-8' }).end('404 page not found\n');
  }

  const listener = (request: IncomingMessage, response: ServerResponse): void =>
    void handle(request, response).catch((error: unknown) => response.destroy(error as Error));
  const http = tls === undefined ? createServer(listener) : createTlsServer(tls, listener);
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  const { port } = http.address() as AddressInfo;
  const fronts: Front[] = [];
  const scheme = tls === undefined ? 'http' : 'https';
  const url = `${scheme}://127.0.0.1:${port}`;
  return {
    url,
    port,
    faults,
    counts,
    access,
    garbage,
    store,
    watches: () => watches.size,
    front: async () => {
      const front = new Front(port, scheme);
      await front.listen();
      fronts.push(front);
      return front;
    },
    kubeconfig: (path, options = {}) => writeKubeconfig(path, { url, ...options }),
    stop: async () => {
      for (const each of watches) each.stop();
      for (const front of fronts) await front.close();
      http.closeAllConnections();
      await new Promise((resolve) => http.close(resolve));
    },
  };
}

/** Every namespace has a service account `default`, as kube-controller-manager sees to. */
function giveServiceAccounts(store: Store, writer: Writer, catalog: Catalog): void {
  store.listeners.add((resource, { type, now }) => {
    const accounts = catalog.find('', 'v1', 'serviceaccounts');
    if (resource !== resourceKey({ group: '', plural: 'namespaces' }) || type !== 'ADDED') return;
    if (accounts !== undefined)
      writer.create(accounts, now.object.metadata.name, { metadata: { name: 'default' } });
  });
}

function refusalOf(error: unknown): StatusError {
  if (error instanceof StatusError) return error;
  // A mistake of this server itself: a test that meets it should say so.
  const why = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return new StatusError(500, 'InternalError', `Internal error occurred: ${why}`);
}

function send(response: ServerResponse, code: number, json: string): void {
  const body = Buffer.from(json);
  response.writeHead(code, { 'content-type': 'application/json', 'content-length': body.length });
  response.end(body);
}
