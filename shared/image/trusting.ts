import { getCACertificates } from 'node:tls';
import { Agent, fetch as send } from 'undici';

/**
 * A `fetch` that also trusts these certificates (PEM). Node's own has no setting for that; undici, which it is made of,
 * has.
 */
export function fetchTrusting(ca: string): typeof fetch {
  const dispatcher = new Agent({ connect: { ca: [...getCACertificates(), ca] } });
  const trusting: unknown = (url: URL, init: object) => send(url, { ...init, dispatcher });
  return trusting as typeof fetch;
}
