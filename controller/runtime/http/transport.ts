/**
 * HTTP/1.1 to one API server: connections kept for requests, and one of its own for each watch.
 *
 * Node's own client, since undici and `fetch` cost 15 to 25 MB more before the first request is made.
 */
import { Agent as HttpAgent, request as httpRequest, type IncomingMessage } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import type { TlsSettings } from '../credentials.ts';

export interface Ask {
  method: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  /** With the query, without the path of the server's own address. */
  path: string;
  headers: Readonly<Record<string, string>>;
  body?: string | undefined;
  /** A connection of its own, closed at the end: no number of watches keeps a request waiting. */
  alone: boolean;
  signal: AbortSignal;
}

export interface Answer {
  status: number;
  headers: IncomingMessage['headers'];
  /** Leaving an iteration over it before its end closes the connection. */
  body: IncomingMessage;
}

/** No answer came on a connection that had served before: the server had closed it meanwhile, most likely. */
export class StaleConnectionError extends Error {
  override name = 'StaleConnectionError';
}

/** API servers close a connection that is idle for 90 s: ours are gone before. */
const IDLE_TIME = 30_000;
const KEPT_IDLE = 2;
/** TCP probes; what a firewall forgot is noticed by them. */
const PROBE_AFTER = 30_000;

interface Agents {
  tls: TlsSettings;
  shared: HttpAgent | HttpsAgent;
  alone: HttpAgent | HttpsAgent;
}

export class Transport {
  readonly #server: URL;
  readonly #maxConnections: number;
  #agents: Agents | undefined;

  /** @param server - `https://host:port`, maybe with a path */
  constructor(server: URL, maxConnections: number) {
    this.#server = server;
    this.#maxConnections = maxConnections;
  }

  /** Resolves with the head of the answer; its body is the caller's to read or to destroy. */
  async send({ method, path, headers, body: text, alone, signal }: Ask, tls: TlsSettings): Promise<Answer> {
    signal.throwIfAborted();
    const agents = this.#agentsFor(tls);
    const secure = this.#server.protocol === 'https:';
    return new Promise((resolve, reject) => {
      const request = (secure ? httpsRequest : httpRequest)({
        // An IPv6 address has its brackets in a URL only.
        hostname: this.#server.hostname.replace(/^\[(.*)\]$/, '$1'),
        port: this.#server.port === '' ? (secure ? 443 : 80) : Number(this.#server.port),
        path: this.#server.pathname.replace(/\/+$/, '') + path,
        method,
        headers: {
          ...headers,
          ...(text !== undefined && { 'content-length': String(Buffer.byteLength(text)) }),
        },
        agent: alone ? agents.alone : agents.shared,
      });
      let body: IncomingMessage | undefined;
      const abort = (): void => void (body ?? request).destroy(signal.reason as Error);
      signal.addEventListener('abort', abort, { once: true });
      request.once('close', () => signal.removeEventListener('abort', abort));
      request.once('response', (answer) => {
        body = answer;
        // Whoever reads it hears of it, even when that begins later.
        answer.on('error', () => undefined);
        resolve({ status: answer.statusCode ?? 0, headers: answer.headers, body });
      });
      request.on('error', (error) => {
        reject(
          request.reusedSocket
            ? new StaleConnectionError('the connection was closed', { cause: error })
            : error,
        );
      });
      request.end(text);
    });
  }

  /** Drops the connections that nobody uses now: what one of them did not answer, the others may not either. */
  dropIdle(): void {
    if (this.#agents !== undefined) dropIdle(this.#agents.shared);
  }

  /** Closes all connections, those in use too. */
  close(): void {
    this.#agents?.shared.destroy();
    this.#agents?.alone.destroy();
    this.#agents = undefined;
  }

  /** Other certificates need other connections; what runs on the old ones may end there. */
  #agentsFor(tls: TlsSettings): Agents {
    if (this.#agents?.tls === tls) return this.#agents;
    if (this.#agents !== undefined) {
      this.#agents.shared.maxFreeSockets = 0;
      dropIdle(this.#agents.shared);
    }
    const Agent = this.#server.protocol === 'https:' ? HttpsAgent : HttpAgent;
    const { ca, cert, key, servername, insecure = false } = tls;
    const options = {
      ...(ca !== undefined && { ca }),
      ...(cert !== undefined && { cert }),
      ...(key !== undefined && { key }),
      ...(servername !== undefined && { servername }),
      rejectUnauthorized: !insecure,
      keepAliveMsecs: PROBE_AFTER,
      scheduling: 'lifo',
    } as const;
    this.#agents = {
      tls,
      shared: new Agent({
        ...options,
        keepAlive: true,
        maxSockets: this.#maxConnections,
        maxFreeSockets: KEPT_IDLE,
        timeout: IDLE_TIME,
      }),
      alone: new Agent({ ...options, keepAlive: false }),
    };
    return this.#agents;
  }
}

function dropIdle(agent: HttpAgent): void {
  for (const sockets of Object.values(agent.freeSockets)) {
    for (const socket of sockets ?? []) socket.destroy();
  }
}
