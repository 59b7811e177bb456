/** Where no registry is asked on behalf of a stranger. */
import { BlockList, isIP } from 'node:net';

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
