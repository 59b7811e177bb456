/** The names of images, by the grammar of github.com/distribution/reference. */
import { plain } from '../text.ts';
import { asDigest, type Digest } from './digest.ts';

/** The name of one image, with what short names leave out. */
export interface ImageReference {
  /** As it was written, without tag and digest: `busybox`. */
  name: string;
  /** Host and port of the registry: `docker.io`. */
  registry: string;
  /** `library/busybox`. */
  repository: string;
  /** Absent with a digest alone; `latest` where neither was written. */
  tag: string | undefined;
  /** Outranks the tag. */
  digest: Digest | undefined;
}

/** A text that is no name of an image; the message says why and what one looks like. */
export class ImageReferenceError extends Error {
  override name = 'ImageReferenceError';
}

const DEFAULT_REGISTRY = 'docker.io';
const DEFAULT_TAG = 'latest';
const MAX_NAME = 255;
/** A name of the DNS has 253 characters, and a port at most five. */
const MAX_REGISTRY = 259;

const DOMAIN =
  /^(?:[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?(?:\.[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?)*|\[[a-fA-F0-9:]+\])(?::[0-9]+)?$/;
const PATH = /^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*(?:\/[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*)*$/;
const TAG = /^\w[\w.-]{0,127}$/;

/**
 * Reads the name of an image as a container runtime does.
 *
 * @throws {ImageReferenceError}
 * @see https://github.com/distribution/reference
 * @example parseReference('busybox') // docker.io, library/busybox, latest
 * @example parseReference('localhost:5000/team/app:1@sha256:…')
 */
export function parseReference(text: string): ImageReference {
  const refuse = (why: string): never => {
    throw new ImageReferenceError(
      `image ${JSON.stringify(plain(text, 300))}: ${plain(why, 300)}; write [REGISTRY/]NAME[:TAG][@sha256:…], such as busybox:1.36`,
    );
  };
  if (/^[0-9a-f]{64}$/.test(text)) refuse('64 hexadecimal digits are an id, not a name');
  const [named = '', digestText, ...more] = text.split('@');
  if (more.length > 0) refuse('it has more than one @');
  const digest = digestText === undefined ? undefined : asDigest(digestText);
  if (digestText !== undefined && digest === undefined) refuse(`"${digestText}" is no digest`);

  const colon = named.lastIndexOf(':');
  const hasTag = colon > named.lastIndexOf('/') && colon >= 0 && !named.endsWith(']');
  const name = hasTag ? named.slice(0, colon) : named;
  const tag = hasTag ? named.slice(colon + 1) : undefined;
  if (tag !== undefined && !TAG.test(tag)) refuse(`"${tag}" is no tag`);

  const { registry, repository } = split(name);
  if (registry.length > MAX_REGISTRY)
    refuse(`the name of the registry is longer than ${MAX_REGISTRY} characters`);
  if (!DOMAIN.test(registry)) refuse(`"${registry}" is no registry`);
  if (repository !== repository.toLowerCase()) refuse('names of repositories have no upper-case letters');
  if (!PATH.test(repository)) refuse(`"${repository}" is no name of a repository`);
  if (repository.length > MAX_NAME) refuse(`the name is longer than ${MAX_NAME} characters`);
  return {
    name,
    registry,
    repository,
    tag: tag ?? (digest === undefined ? DEFAULT_TAG : undefined),
    digest,
  };
}

/** The first part is a registry only if it looks like a host: it has a dot, a port or capitals, or is localhost. */
function split(name: string): { registry: string; repository: string } {
  const slash = name.indexOf('/');
  const first = name.slice(0, Math.max(0, slash));
  const isHost = /[.:[]/.test(first) || first === 'localhost' || first !== first.toLowerCase();
  if (slash < 0 || !isHost) return official(DEFAULT_REGISTRY, name);
  const registry = first === 'index.docker.io' ? DEFAULT_REGISTRY : first;
  return official(registry, name.slice(slash + 1));
}

/** Docker's own images have one-word names. */
function official(registry: string, path: string): { registry: string; repository: string } {
  const short = registry === DEFAULT_REGISTRY && !path.includes('/') && path !== '';
  return { registry, repository: short ? `library/${path}` : path };
}

/**
 * The name in full, as it is told apart in caches and messages.
 *
 * @example formatReference(parseReference('busybox')) // 'docker.io/library/busybox:latest'
 */
export function formatReference({ registry, repository, tag, digest }: ImageReference): string {
  return `${registry}/${repository}${tag === undefined ? '' : `:${tag}`}${digest === undefined ? '' : `@${digest}`}`;
}

/** What the API of a registry calls the wanted manifest: its digest or else its tag. */
export function versionOf({ digest, tag }: ImageReference): string {
  return digest ?? tag ?? DEFAULT_TAG;
}
