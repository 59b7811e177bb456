/** What a lookup found: what one image runs, on which platforms. */
import { bestPlatform } from '../turn/platform.ts';
import type { Digest } from './digest.ts';
import { NoImageCommandError, NoSuchPlatformError } from './errors.ts';
import { imageWords, literally, type ImageCommand } from './resolve.ts';

/** The image for one platform. */
export interface PlatformImage extends ImageCommand {
  /** Normalised, `linux/arm64`. */
  platform: string;
  /** Of its manifest. */
  digest: Digest;
}

export interface FoundImage {
  /** As it was asked for. */
  image: string;
  /** The image by its digest, that of the index where there is one: `busybox@sha256:…`. */
  pinned: string;
  /** In full: `docker.io/library/busybox:latest`. */
  reference: string;
  registry: string;
  digest: Digest;
  /** Whether the image is there for several platforms, so that each node takes its own. */
  index: boolean;
  /** In the order of the index; for Linux only, which is where agents run. */
  platforms: readonly PlatformImage[];
  /** `registry`: it was asked now; `tag`: it only said that the tag is unchanged; `cache`: it was not asked. */
  from: 'registry' | 'tag' | 'cache';
}

/** The words that an image puts in front of a step's `args`: for any platform, or for each one. */
export type ImageWords =
  | { kind: 'same'; words: readonly string[] }
  | { kind: 'by-platform'; words: Readonly<Record<string, readonly string[]>> };

/**
 * What the image puts in front of `args`. One answer where all platforms agree.
 *
 * @throws {NoImageCommandError} when a platform has no command, so that nobody can say what to run there
 * @example wordsOf(found, ['10']) // { kind: 'same', words: ['/script.sh'] }
 */
export function wordsOf(found: FoundImage, args: readonly string[] = []): ImageWords {
  const words = found.platforms.map((each): [string, readonly string[]] => [
    each.platform,
    imageWords(each, args),
  ]);
  const silent = words.filter(([, own]) => own.length + args.length === 0).map(([platform]) => platform);
  if (words.length === 0) throw new NoSuchPlatformError(found, 'linux', []);
  if (silent.length > 0) {
    const where = found.index ? ` for ${silent.join(', ')}` : '';
    throw new NoImageCommandError(found, `it has neither ENTRYPOINT nor CMD${where}`);
  }
  const [first] = words;
  const same = words.every(([, own]) => JSON.stringify(own) === JSON.stringify(first?.[1]));
  return same
    ? { kind: 'same', words: first?.[1] ?? [] }
    : { kind: 'by-platform', words: Object.fromEntries(words) };
}

/**
 * What the image runs on one machine. A single image is what every node gets, whatever it was built for.
 *
 * @throws {NoSuchPlatformError}
 */
export function imageFor(found: FoundImage, platform: string): PlatformImage {
  const offered = found.platforms.map((each) => each.platform);
  const best = found.index ? bestPlatform(platform, offered) : offered[0];
  const image = found.platforms.find((each) => each.platform === best);
  if (image === undefined) throw new NoSuchPlatformError(found, platform, offered);
  return image;
}

/** The words as they go into a pod, where the kubelet would replace `$(NAME)` in them. */
export function escaped(words: ImageWords): ImageWords {
  return words.kind === 'same'
    ? { kind: 'same', words: literally(words.words) }
    : {
        kind: 'by-platform',
        words: Object.fromEntries(
          Object.entries(words.words).map(([platform, own]) => [platform, literally(own)]),
        ),
      };
}
