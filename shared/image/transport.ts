/** HTTP, as the platform's `fetch` speaks it: one request, one answer, no policy. */
import type { BlockList } from 'node:net';
import type { Obstacle } from './errors.ts';

export interface Ask {
  method: 'GET' | 'HEAD' | 'POST';
  url: URL;
  headers: Readonly<Record<string, string>>;
  body?: string;
  signal: AbortSignal;
}

export interface Answer {
  status: number;
  headers: { get(name: string): string | null };
  body: ReadableStream<Uint8Array> | null;
}

/** Sends a request; redirects are the caller's to follow. */
export type Transport = (ask: Ask) => Promise<Answer>;

/** There was no answer, or it broke off. */
export class TransportError extends Error {
  override name = 'TransportError';
  readonly obstacle: Obstacle;
  /** It was not the host that was asked, but one that it redirects to. */
  elsewhere?: true;
  /** As Node and undici have it: `ECONNREFUSED`; empty where there is none. */
  readonly code: string;

  constructor(
    obstacle: Obstacle,
    message: string,
    { code = '', ...options }: ErrorOptions & { code?: string } = {},
  ) {
    super(message, options);
    this.obstacle = obstacle;
    this.code = code;
  }
}

/**
 * The transport for one set of trusted certificates.
 *
 * @param ca - PEM, beside the well-known authorities
 * @param denied - addresses that nothing is asked at
 */
export function fetchTransport(ca?: string, denied?: BlockList): Transport {
  let fetching: Promise<typeof fetch> | undefined;
  return async ({ method, url, headers, body, signal }) => {
    fetching ??= fetchWith(ca, denied);
    const send = await fetching;
    try {
      return await send(url, {
        method,
        headers: { ...headers, 'accept-encoding': 'identity' },
        ...(body !== undefined && { body }),
        redirect: 'manual',
        signal,
      });
    } catch (error) {
      throw transportError(error);
    }
  };
}

/** undici is only needed, and loaded, where certificates or addresses are given. */
async function fetchWith(ca: string | undefined, denied: BlockList | undefined): Promise<typeof fetch> {
  if (denied !== undefined) {
    const { fetchGuarded } = await import('./guard.ts');
    return fetchGuarded(denied, ca);
  }
  if (ca === undefined) return fetch;
  const { fetchTrusting } = await import('./trusting.ts');
  return fetchTrusting(ca);
}

/** What went wrong, by the code that Node and undici give it. */
export function transportError(error: unknown): TransportError {
  if (error instanceof TransportError) return error;
  const [code, told] = causeOf(error);
  const obstacle = obstacleOf(code);
  return new TransportError(obstacle, WORDS[code] ?? `${told}${code === '' ? '' : ` (${code})`}`, {
    cause: error,
    code,
  });
}

const WORDS: Readonly<Record<string, string>> = {
  ENOTFOUND: 'its name is not known (ENOTFOUND)',
  EAI_AGAIN: 'its name cannot be looked up now (EAI_AGAIN)',
  ECONNREFUSED: 'nothing listens there (ECONNREFUSED)',
  ECONNRESET: 'the connection was cut (ECONNRESET)',
  UND_ERR_SOCKET: 'the connection was cut',
  UND_ERR_CONNECT_TIMEOUT: 'no connection in time',
  TimeoutError: 'no whole answer in time',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'its certificate is signed by itself only (DEPTH_ZERO_SELF_SIGNED_CERT)',
  ERR_SSL_WRONG_VERSION_NUMBER: 'it does not speak TLS (ERR_SSL_WRONG_VERSION_NUMBER)',
  ERR_SSL_PACKET_LENGTH_TOO_LONG: 'it does not speak TLS (ERR_SSL_PACKET_LENGTH_TOO_LONG)',
};

function obstacleOf(code: string): Obstacle {
  if (code === 'ENOTFOUND' || code.startsWith('EAI_')) return 'name';
  if (code === 'ETIMEDOUT' || code === 'TimeoutError' || code.endsWith('_TIMEOUT')) return 'timeout';
  if (/CERT|SSL|TLS|SIGNATURE|SELF_SIGNED|^EPROTO$/.test(code)) return 'tls';
  return 'connection';
}

/** `fetch failed` says nothing; what it wraps does. */
function causeOf(error: unknown): [code: string, message: string] {
  let [code, message] = ['', 'no answer'];
  for (let each = error, depth = 0; each instanceof Error && depth < 5; each = each.cause, depth++) {
    const own: unknown = Reflect.get(each, 'code');
    code = typeof own === 'string' ? own : each.name === 'TimeoutError' ? each.name : code;
    message = each.message;
  }
  return [code, message];
}
