/** An API server of which the test itself is the one that answers, request by request. */
import { type IncomingMessage, type ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import { type KubeObject } from '../../controller/runtime/objects.ts';
import { listen, type Listening } from './servers.ts';
import { waitUntil } from './wait-until.ts';

/** A request that waits for its answer. */
export interface Call {
  method: string;
  url: URL;
  headers: IncomingMessage['headers'];
  body: string;
  response: ServerResponse;
  json(value: unknown, status?: number, headers?: Record<string, string>): void;
  /** A page of a list. */
  page(version: string, items: readonly unknown[], next?: string): void;
  /** A `Status`. */
  refuse(status: number, reason: string, message?: string, headers?: Record<string, string>): void;
  /** A line of a watch. */
  event(type: string, object: unknown): void;
  bookmark(version: string): void;
  /** An ERROR event. */
  error(code: number, reason: string): void;
  end(): void;
  /** Resets the TCP connection. */
  reset(): void;
  /** Whether the client is gone. */
  readonly gone: boolean;
}

export interface ScriptedApi extends Listening {
  /** How many requests have come in. */
  readonly count: number;
  /** A request that nobody has taken yet, if there is one. */
  take(): Call | undefined;
  /** The next request. */
  next(): Promise<Call>;
  /** The next request, which has to be a watch from this version, begun. */
  nextWatch(from?: string): Promise<Call>;
}

interface Settings {
  tls?: { key: string; cert: string; ca?: string; requestCert?: boolean };
}

export async function startScriptedApi(settings: Settings = {}): Promise<ScriptedApi> {
  const waiting: Call[] = [];
  let count = 0;
  const server = await listen((request, response) => {
    void text(request).then(
      (body) => {
        count++;
        waiting.push(callOf(request, response, body));
      },
      () => undefined,
    );
  }, settings);

  function next(): Promise<Call> {
    return waitUntil('another request comes in', () => waiting.shift());
  }

  return {
    ...server,
    take: () => waiting.shift(),
    next,
    get count() {
      return count;
    },
    async nextWatch(from) {
      const call = await next();
      const { searchParams } = call.url;
      if (searchParams.get('watch') !== 'true') throw new Error(`no watch: ${call.method} ${call.url.href}`);
      const version = searchParams.get('resourceVersion') ?? '';
      if (from !== undefined && version !== from)
        throw new Error(`a watch from ${version}, not from ${from}`);
      call.response.writeHead(200, { 'content-type': 'application/json' });
      call.response.flushHeaders();
      return call;
    },
  };
}

function callOf(request: IncomingMessage, response: ServerResponse, body: string): Call {
  const json = (value: unknown, status = 200, headers: Record<string, string> = {}): void => {
    response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(value));
  };
  const event = (type: string, object: unknown): void => {
    response.write(`${JSON.stringify({ type, object })}\n`);
  };
  return {
    headers: request.headers,
    body,
    response,
    json,
    event,
    method: request.method ?? '',
    url: new URL(request.url ?? '', 'http://api'),
    page: (version, items, next) =>
      json({ kind: 'List', metadata: { resourceVersion: version, ...(next && { continue: next }) }, items }),
    refuse: (code, reason, message = `${reason}, it says`, headers = {}) =>
      json({ kind: 'Status', status: 'Failure', code, reason, message }, code, headers),
    bookmark: (version) => event('BOOKMARK', { metadata: { resourceVersion: version } }),
    error: (code, reason) => event('ERROR', { kind: 'Status', code, reason, message: `${reason}, it says` }),
    end: () => void response.end(),
    reset: () => void request.socket.resetAndDestroy(),
    get gone() {
      return response.destroyed;
    },
  };
}

/** An object as far as its metadata matter. */
export function object(name: string, version: number, uid = `uid-of-${name}`): KubeObject {
  return { metadata: { namespace: 'default', name, uid, resourceVersion: String(version) } };
}
