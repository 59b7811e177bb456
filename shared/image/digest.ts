/** Digests, as OCI writes them: `sha256:` and 64 hexadecimal digits. */
import { createHash } from 'node:crypto';

declare const brand: unique symbol;

/** A digest of a registered algorithm and of the right length. */
export type Digest = string & { readonly [brand]: 'digest' };

const LENGTHS = { sha256: 64, sha384: 96, sha512: 128 } as const;

/**
 * The text as a digest, or `undefined` when it is none that can be verified.
 *
 * @see https://github.com/opencontainers/image-spec/blob/main/descriptor.md#digests
 * @example asDigest('sha256:abc') // undefined: too short
 */
export function asDigest(text: string): Digest | undefined {
  const [, algorithm = '', hex = ''] = /^([a-z0-9]+):([0-9a-f]+)$/.exec(text) ?? [];
  return isAlgorithm(algorithm) && hex.length === LENGTHS[algorithm] ? (text as Digest) : undefined;
}

/** The digest of these bytes, by the algorithm of another digest, or SHA-256. */
export function digestOf(bytes: Uint8Array, like?: Digest): Digest {
  const algorithm = like?.split(':')[0] ?? 'sha256';
  return `${algorithm}:${createHash(algorithm).update(bytes).digest('hex')}` as Digest;
}

function isAlgorithm(text: string): text is keyof typeof LENGTHS {
  return Object.hasOwn(LENGTHS, text);
}
