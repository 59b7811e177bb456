/** Reads an image: manifest, the images of an index, their configs. Takes from the records what is there. */
import { bestPlatform } from '../turn/platform.ts';
import { asDigest, digestOf, type Digest } from './digest.ts';
import { BadImageError, ImageNotFoundError, NoSuchPlatformError, type About } from './errors.ts';
import type { PlatformImage } from './found.ts';
import {
  ArtifactError,
  ImageFormatError,
  MAX_WORDS,
  parseConfig,
  parseManifest,
  type Config,
  type Manifest,
} from './manifest.ts';
import { ACCEPT } from './media-types.ts';
import type { Records } from './records.ts';
import { sizeOfWords } from './resolve.ts';
import type { Session } from './session.ts';

/** What an answer may have at most, bytes. */
export const MAX_MANIFEST = 1024 * 1024;
const MAX_CONFIG = 1024 * 1024;

/** At once for one image, so that an index of many platforms does not go through one after the other. */
const AT_ONCE = 2;

/** What is not in the records has to come from somewhere; without a session it cannot. */
export interface Sources {
  records: Records;
  session: Session | undefined;
  about: About;
}

/** What is needed is neither in the records nor may it be asked for. */
export class MissingRecordError extends Error {
  override name = 'MissingRecordError';
}

/**
 * What each platform of an image runs.
 *
 * @param wanted - one machine's platform; `undefined`: all
 * @throws {ImageLookupError} @throws {MissingRecordError}
 */
export async function readImage(
  digest: Digest,
  wanted: string | undefined,
  sources: Sources,
): Promise<{ index: boolean; platforms: PlatformImage[] }> {
  const manifest = await manifestOf(digest, sources);
  if (manifest.kind === 'image') {
    return { index: false, platforms: [{ ...(await configOf(manifest, sources)), digest }] };
  }
  const images = manifest.images.filter(({ platform }) => platform?.startsWith('linux/') ?? true);
  const platforms = images.map(({ platform }) => platform).filter((each) => each !== undefined);
  const best = wanted === undefined ? undefined : bestPlatform(wanted, platforms);
  // Where an image does not say what it is for, its config has to be read. As for containerd it comes last.
  const needed = [
    ...images.filter(({ platform }) => platform !== undefined && (wanted === undefined || platform === best)),
    ...images.filter(({ platform }) => platform === undefined),
  ];
  const budget = { left: MAX_IMAGES, bytes: MAX_WORDS };
  const found = (await inTurns(needed, (image) => readOne(image, sources, budget, 1))).flat();
  const platformsFound = distinct(found.filter(({ platform }) => platform.startsWith('linux/')));
  if (platformsFound.length === 0) {
    const others = manifest.images.map(({ platform }) => platform ?? 'unknown');
    throw new NoSuchPlatformError(sources.about, wanted ?? 'linux', [...new Set(others)]);
  }
  return { index: true, platforms: platformsFound };
}

/** Indexes in indexes, and images in all of them: more is made to be expensive. */
const MAX_DEPTH = 4;
const MAX_IMAGES = 128;

/**
 * The images of one entry of an index. What is none, a list of materials for example, is none for a node either; and what was
 * never pushed keeps nobody else from running what was.
 */
async function readOne(
  { digest, platform }: { digest: Digest; platform: string | undefined },
  sources: Sources,
  budget: { left: number; bytes: number },
  depth: number,
): Promise<PlatformImage[]> {
  if (budget.left-- <= 0)
    throw new BadImageError(sources.about, `its indexes have more than ${MAX_IMAGES} images`);
  try {
    const manifest = await manifestOf(digest, sources);
    if (manifest.kind === 'index') {
      if (depth >= MAX_DEPTH)
        throw new BadImageError(sources.about, `its indexes are more than ${MAX_DEPTH} deep`);
      const below = await inTurns(manifest.images, (image) => readOne(image, sources, budget, depth + 1));
      return below.flat();
    }
    const config = await configOf(manifest, sources);
    budget.bytes -= sizeOfWords(config);
    if (budget.bytes < 0) {
      const why = `the ENTRYPOINT and CMD of all its platforms have more than ${MAX_WORDS} bytes together`;
      throw new BadImageError(sources.about, why);
    }
    return [{ ...config, platform: platform ?? config.platform, digest }];
  } catch (error) {
    if (error instanceof ImageNotFoundError) return [];
    if (error instanceof BadImageError && error.cause instanceof ArtifactError) return [];
    throw error;
  }
}

/** Of two images for one platform nodes take the first. */
function distinct(images: readonly PlatformImage[]): PlatformImage[] {
  const byPlatform = new Map<string, PlatformImage>();
  for (const image of images) if (!byPlatform.has(image.platform)) byPlatform.set(image.platform, image);
  return [...byPlatform.values()];
}

async function manifestOf(digest: Digest, sources: Sources): Promise<Manifest> {
  const known = await sources.records.manifest.get(digest);
  return known ?? (await fetchManifest(digest, sources)).manifest;
}

/**
 * Asks for a manifest, by tag or digest, and keeps it.
 *
 * @throws {ImageLookupError}
 */
export async function fetchManifest(
  version: string,
  { session, about, records }: Sources,
): Promise<{ digest: Digest; manifest: Manifest }> {
  if (session === undefined) throw new MissingRecordError(version);
  const answer = await session.ask('GET', `manifests/${version}`, { accept: ACCEPT, limit: MAX_MANIFEST });
  // By a tag there is only the registry's own word; it tells a broken proxy, not a liar.
  const promised = asDigest(version) ?? asDigest(answer.headers.get('docker-content-digest') ?? '');
  const digest = verified(answer.body, promised, about, 'manifest');
  const manifest = parsed(about, () => parseManifest(answer.body, answer.headers.get('content-type') ?? ''));
  await records.manifest.set(digest, manifest);
  return { digest, manifest };
}

async function configOf(
  { config: { digest, size } }: Extract<Manifest, { kind: 'image' }>,
  { session, about, records }: Sources,
): Promise<Config> {
  const known = await records.config.get(digest);
  if (known !== undefined) return known;
  if (session === undefined) throw new MissingRecordError(digest);
  if (size > MAX_CONFIG)
    throw new BadImageError(about, `its config has ${size} bytes, more than ${MAX_CONFIG}`);
  const { body } = await session.ask('GET', `blobs/${digest}`, { limit: MAX_CONFIG });
  verified(body, digest, about, 'config');
  const config = parsed(about, () => parseConfig(body));
  await records.config.set(digest, config);
  return config;
}

function verified(bytes: Uint8Array, promised: Digest | undefined, about: About, what: string): Digest {
  const digest = digestOf(bytes, promised);
  if (promised !== undefined && digest !== promised) {
    throw new BadImageError(about, `its ${what} should have the digest ${promised}, but has ${digest}`);
  }
  return digest;
}

function parsed<Value>(about: About, parse: () => Value): Value {
  try {
    return parse();
  } catch (error) {
    if (!(error instanceof ImageFormatError)) throw error;
    throw new BadImageError(about, error.message, { cause: error });
  }
}

async function inTurns<Item, Result>(
  items: readonly Item[],
  work: (item: Item) => Promise<Result>,
): Promise<Result[]> {
  const results: Result[] = [];
  for (let at = 0; at < items.length; at += AT_ONCE) {
    results.push(...(await Promise.all(items.slice(at, at + AT_ONCE).map(work))));
  }
  return results;
}
