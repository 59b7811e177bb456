/** Connections that lead to no address where a stranger has no business. */
import { lookup } from 'node:dns';
import { isIP, type BlockList, type LookupFunction } from 'node:net';
import { getCACertificates } from 'node:tls';
import { Agent, fetch as send } from 'undici';
import { TransportError } from './transport.ts';

/**
 * A `fetch` that connects to none of these addresses, whichever name leads there: it is the address that it looks up
 * itself, and then connects to, that is compared.
 *
 * @param ca - PEM, beside the well-known authorities
 * @throws {TransportError}
 */
export function fetchGuarded(denied: BlockList, ca?: string): typeof fetch {
  const certificates = ca === undefined ? {} : { ca: [...getCACertificates(), ca] };
  const dispatcher = new Agent({ connect: { lookup: guardedLookup(denied), ...certificates } });
  const guarded = async (url: URL, init: object): Promise<unknown> => {
    // A literal address is connected to without being looked up.
    const host = url.hostname.replace(/^\[(.*)\]$/, '$1');
    if (isIP(host) !== 0 && isDenied(denied, host)) throw refused(host);
    return send(url, { ...init, dispatcher });
  };
  return guarded as unknown as typeof fetch;
}

function guardedLookup(denied: BlockList): LookupFunction {
  return (hostname, options, callback) => {
    lookup(hostname, { ...options, all: true }, (error, addresses) => {
      const [first] = addresses ?? [];
      if (error !== null || first === undefined) return callback(error ?? new Error('no address'), []);
      const bad = addresses.find(({ address }) => isDenied(denied, address));
      if (bad !== undefined) return callback(refused(bad.address), []);
      return options.all === true ? callback(null, addresses) : callback(null, first.address, first.family);
    });
  };
}

function isDenied(denied: BlockList, address: string): boolean {
  return denied.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4');
}

function refused(address: string): TransportError {
  const cure = 'if there is a registry of yours, the operator names it by --lookup-allow';
  return new TransportError(
    'name',
    `nothing is asked at ${address}, an address of the cluster’s own; ${cure}`,
  );
}
