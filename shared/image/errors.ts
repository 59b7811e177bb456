/** Why a lookup gave nothing: one class for each decision of the caller. */
import { plain } from '../text.ts';

/** What a registry said can be in it. Bytes. */
const MAX_MESSAGE = 1024;

/** What all of them know. The message is whole: image, registry, what happened, what to do. */
export abstract class ImageLookupError extends Error {
  readonly image: string;
  readonly registry: string;
  /** What a person can do about it, without the step's own way out, `command:`. */
  readonly cure: string;

  constructor({ image, registry }: About, what: string, cure: string, options?: ErrorOptions) {
    super(`image ${image}: ${plain(what, MAX_MESSAGE)}; ${cure}`, options);
    this.image = image;
    this.registry = registry;
    this.cure = cure;
  }
}

/** Which image, and which registry was asked. */
export interface About {
  image: string;
  registry: string;
}

/** The registry has no such repository, tag or digest: trying again is no use. */
export class ImageNotFoundError extends ImageLookupError {
  override name = 'ImageNotFoundError';

  constructor(about: About, tried: readonly string[] = []) {
    const private_ = tried.length > 0 ? `, or hides it from ${list(tried)}` : '';
    super(about, `registry ${about.registry} has no such image${private_}`, 'check its name and tag');
  }
}

/** The registry refuses: other credentials are needed. */
export class NotAuthorizedError extends ImageLookupError {
  override name = 'NotAuthorizedError';
  /** Where the credentials came from that were tried; never what they are. */
  readonly tried: readonly string[];
  /** What it said to the last of them. */
  readonly why: string;

  constructor(about: About, tried: readonly string[], why: string, options?: ErrorOptions) {
    super(
      about,
      `registry ${about.registry} refuses access (${why}), asked with ${list(tried)}`,
      'check the name, and give credentials for it: docker login here, imagePullSecrets in a cluster',
      options,
    );
    this.tried = tried;
    this.why = why;
  }
}

/** The registry wants to be asked less often. */
export class RateLimitedError extends ImageLookupError {
  override name = 'RateLimitedError';
  /** Milliseconds since the epoch; asking before is no use. */
  readonly until: number;

  constructor(about: About, until: number, now: number) {
    const seconds = Math.max(1, Math.ceil((until - now) / 1000));
    super(
      about,
      `registry ${about.registry} limits how often it may be asked, until ${new Date(until).toISOString()}`,
      `try again in ${seconds} s, or log in for a higher limit`,
    );
    this.until = until;
  }
}

/** What stands between us and the registry. */
export type Obstacle = 'name' | 'tls' | 'timeout' | 'connection' | 'server';

const CURES = {
  name: 'check the name, and that this machine has a network',
  tls: 'if its certificate is of your own authority, name that with --registry-ca; if it has none, --insecure-registry',
  timeout: 'try again, or check the network and proxy of this machine',
  connection: 'check that it runs, its port, and the network and proxy of this machine',
  server: 'try again later',
} as const satisfies Record<Obstacle, string>;

/** No answer, or none of use; it may be another in a while. */
export class RegistryUnreachableError extends ImageLookupError {
  override name = 'RegistryUnreachableError';
  readonly obstacle: Obstacle;
  readonly why: string;

  constructor(about: About, obstacle: Obstacle, why: string, options?: ErrorOptions) {
    super(about, `registry ${about.registry} cannot be reached: ${why}`, CURES[obstacle], options);
    this.obstacle = obstacle;
    this.why = why;
  }
}

/** The registry answers, but not what an image is: wrong digest, too large, no JSON, no image. */
export class BadImageError extends ImageLookupError {
  override name = 'BadImageError';

  constructor(about: About, why: string, options?: ErrorOptions) {
    super(
      about,
      `registry ${about.registry} gave no usable image: ${why}`,
      'check with "skopeo inspect --raw" what is there, and have it built and pushed again, or take another image',
      options,
    );
  }
}

/** The image is for other machines. */
export class NoSuchPlatformError extends ImageLookupError {
  override name = 'NoSuchPlatformError';
  readonly platforms: readonly string[];

  constructor(about: About, wanted: string, platforms: readonly string[]) {
    super(
      about,
      `registry ${about.registry} ${platforms.length > 0 ? `has it for ${platforms.join(', ')} only, not for ${wanted}` : `has no image in it for ${wanted}, only an empty index`}`,
      'take an image that is built for it',
    );
    this.platforms = platforms;
  }
}

/** The image has neither ENTRYPOINT nor CMD, or no answer that fits every node. */
export class NoImageCommandError extends ImageLookupError {
  override name = 'NoImageCommandError';

  constructor(about: About, why: string) {
    super(about, `${why} (registry ${about.registry})`, 'say what to run');
  }
}

/** `--offline`, and the cache does not have it. */
export class NotCachedError extends ImageLookupError {
  override name = 'NotCachedError';

  constructor(about: About) {
    super(
      about,
      `the cache does not have it, and registry ${about.registry} is not asked with --offline`,
      'run it once without --offline',
    );
  }
}

function list(words: readonly string[]): string {
  return words.length === 0 ? 'no credentials' : words.join(', then ');
}
