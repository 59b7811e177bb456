/** Addresses to listen on, as flags of Kubernetes programs spell them. */
import { isIPv4, isIPv6 } from 'node:net';

export interface ListenAddress {
  /** Absent: all addresses of the machine. */
  host?: string;
  port: number;
}

/** There cannot be a server at an address. */
export class ListenError extends Error {
  override name = 'ListenError';

  constructor(address: string, why: string, options?: ErrorOptions) {
    super(`cannot listen on ${JSON.stringify(address)}: ${why}`, options);
  }
}

const WHY: Readonly<Record<string, string>> = {
  EADDRINUSE: 'another process listens there (EADDRINUSE); end that, or set another port',
  EADDRNOTAVAIL: 'it is no address of this machine (EADDRNOTAVAIL); set one of its own, or only a port',
  EACCES: 'low ports are reserved here (EACCES); set one above 1023',
};

/** What the system said to an address. */
export function listenError(address: string, error: NodeJS.ErrnoException): ListenError {
  return new ListenError(address, WHY[error.code ?? ''] ?? `${error.message}; set another address`, {
    cause: error,
  });
}

/**
 * @throws {ListenError} when it is none
 * @example parseAddress('[::1]:9090') // { host: '::1', port: 9090 }
 */
export function parseAddress(text: string): ListenAddress {
  const [, host = '', digits = ''] = /^(.*):(\d{1,5})$/s.exec(text) ?? [];
  const port = Number(digits);
  const bare = host.replace(/^\[(.*)\]$/s, '$1');
  const isHost = host === '' || isIPv4(host) || (host !== bare && isIPv6(bare)) || host === 'localhost';
  if (digits === '' || port > 65_535 || !isHost) {
    throw new ListenError(text, 'it is no address; write for example :8080, 127.0.0.1:8080 or [::1]:8080');
  }
  return host === '' ? { port } : { host: bare, port };
}
