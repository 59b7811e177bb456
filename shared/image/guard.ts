/** Where no registry is asked on behalf of a stranger. */
import { lookup } from 'node:dns';
import { BlockList, isIP, type LookupFunction } from 'node:net';
import { getCACertificates } from 'node:tls';
import { TransportError } from './transport.ts';

const OWN: readonly [string, number, 'ipv4' | 'ipv6'][] = [
  ['0.0.0.0', 8, 'ipv4'],
  ['127.0.0.0', 8, 'ipv4'],
  // With the metadata services of clouds.
  ['169.254.0.0', 16, 'ipv4'],
  ['224.0.0.0', 3, 'ipv4'],
  ['::', 127, 'ipv6'],
  // Of an address of IPv4 behind a translator nobody can say where it leads.
  ['64:ff9b::', 96, 'ipv6'],
  ['fe80::', 10, 'ipv6'],
  ['ff00::', 8, 'ipv6'],
  ['fd00:ec2::254', 128, 'ipv6'],
];

/**
 * The addresses of this machine, of its link, and of the API server of the cluster that it runs in.
 *
 * @example ownAddresses(process.env).check('127.0.0.1') // true
 */
export function ownAddresses(env: Readonly<Record<string, string | undefined>>): BlockList {
  const list = new BlockList();
  for (const [net, prefix, family] of OWN) list.addSubnet(net, prefix, family);
  const server = env['KUBERNETES_SERVICE_HOST'] ?? '';
  if (isIP(server) !== 0) list.addAddress(server, isIP(server) === 6 ? 'ipv6' : 'ipv4');
  return list;
}

/**
 * A `fetch` that connects to none of these addresses, whichever name leads there: it is the address that it looks up
 * itself, and then connects to, that is compared.
 *
 * @param ca - PEM, beside the well-known authorities
 * @throws {TransportError}
 */
export async function fetchGuarded(denied: BlockList, ca?: string): Promise<typeof fetch> {
  const { Agent, fetch: send } = await import('undici');
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
  const cure =
    'if it is a registry of yours, name it by --insecure-registry, --registry-ca or --registry-mirror';
  return new TransportError(
    'name',
    `nothing is asked at ${address}, an address of the cluster’s own; ${cure}`,
  );
}
