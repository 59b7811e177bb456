/** What is particular to one registry, and where it is. */

import { isIPv4 } from 'node:net';

/** How a registry is reached. */
export interface RegistrySettings {
  /** Plain http, without encryption. Default: https. */
  plainHttp?: boolean;
  /** Certificates in PEM that are trusted for this registry, beside the well-known ones. */
  ca?: string;
  /** The address of another registry that is asked before this one. */
  mirror?: string;
}

/** By `host[:port]` as in the names of images; `docker.io` for Docker Hub. */
export type Registries = ReadonlyMap<string, RegistrySettings>;

/** One place to ask for an image. */
export interface Endpoint {
  /** `https://registry-1.docker.io/` */
  base: URL;
  /** By what credentials for it are found: `docker.io`. */
  host: string;
  ca: string | undefined;
  /** Where it is asked when it turns out not to speak TLS. */
  plain?: URL;
}

/** Where Docker Hub really is. */
const HOSTS: Readonly<Record<string, string>> = { 'docker.io': 'registry-1.docker.io' };

/**
 * Where to ask for the images of a registry, in this order: its mirror, itself.
 *
 * @throws {TypeError} when the mirror is no address
 * @example endpointsOf('docker.io', new Map())[0]?.base.href // 'https://registry-1.docker.io/'
 */
export function endpointsOf(registry: string, registries: Registries): Endpoint[] {
  const { mirror } = registries.get(registry) ?? {};
  return [
    ...(mirror === undefined ? [] : [mirrorOf(new URL(mirror), registries)]),
    endpoint(registry, registries),
  ];
}

function mirrorOf({ protocol, host }: URL, registries: Registries): Endpoint {
  return { base: new URL(`${protocol}//${host}/`), host, ca: registries.get(host)?.ca };
}

function endpoint(host: string, registries: Registries): Endpoint {
  const { plainHttp = false, ca } = registries.get(host) ?? {};
  const at = (protocol: string): URL => new URL(`${protocol}://${HOSTS[host] ?? host}/`);
  if (plainHttp) return { base: at('http'), host, ca };
  return { base: at('https'), host, ca, ...(ca === undefined && isLoopback(host) && { plain: at('http') }) };
}

/**
 * Whether a registry is on this machine, by its name: as for docker and containerd it may speak plain http then.
 *
 * @example isLoopback('localhost:5000') // true
 */
function isLoopback(registry: string): boolean {
  const host = registry.replace(/:\d+$/, '').toLowerCase();
  return host === 'localhost' || host === '[::1]' || (isIPv4(host) && host.startsWith('127.'));
}
