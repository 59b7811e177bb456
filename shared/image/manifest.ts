/** Manifests, indexes and configs: bytes from a registry → the little of them that matters here. Pure. */
import { z } from 'zod';
import { plain } from '../text.ts';
import { normalizePlatform } from '../turn/platform.ts';
import { asDigest, type Digest } from './digest.ts';
import { isConfig, isIndex, isLayer, isManifest, OCI_INDEX, OCI_MANIFEST } from './media-types.ts';
import { sizeOfWords, type ImageCommand } from './resolve.ts';

/** What a manifest says: either the images of an index, or the config of one image. */
export type Manifest =
  | { kind: 'index'; images: readonly { digest: Digest; platform: string | undefined }[] }
  | { kind: 'image'; config: { digest: Digest; size: number } };

/** What a config says. */
export interface Config extends ImageCommand {
  /** Normalised, `linux/arm64`. */
  platform: string;
}

/** What came is no manifest or config; the message says why. */
export class ImageFormatError extends Error {
  override name = 'ImageFormatError';

  constructor(message: string, options?: ErrorOptions) {
    // There are words of a stranger's in it.
    super(plain(message, MAX_MESSAGE), options);
  }
}

/** Bytes. */
const MAX_MESSAGE = 512;

/** What ENTRYPOINT and CMD may have together, of all platforms of an image: the words of a command, and no data. Bytes as JSON. */
export const MAX_WORDS = 128 * 1024;

/** It is something else that registries keep: a chart, a signature, a list of materials. */
export class ArtifactError extends ImageFormatError {}

/** More platforms than any image has. */
const MAX_IMAGES = 128;

const digest = z.string().transform((text, context) => {
  const found = asDigest(text);
  if (found !== undefined) return found;
  context.issues.push({ code: 'custom', message: 'is no digest', input: text });
  return z.NEVER;
});

const words = z.array(z.string()).nullish();

// An image that is not in an index runs whatever its config leaves out; an entry that says no system is for the node's own.
const platformSchema = z.object({
  os: z.string().nullish(),
  architecture: z.string().nullish(),
  variant: z.string().nullish(),
  'os.features': z.array(z.string()).nullish(),
});

const indexSchema = z.object({
  manifests: z
    .array(
      z.object({
        mediaType: z.string().nullish(),
        digest,
        platform: platformSchema.nullish(),
        annotations: z.record(z.string(), z.string()).nullish(),
      }),
    )
    .max(MAX_IMAGES),
});

const imageSchema = z.object({
  config: z.object({ mediaType: z.string().nullish(), digest, size: z.int().min(0).nullish() }),
  layers: z.array(z.object({ mediaType: z.string().nullish() })).nullish(),
});

const configSchema = platformSchema.extend({
  config: z.object({ Entrypoint: words, Cmd: words }).nullish(),
});

/**
 * @param contentType - of the answer; the manifest's own word outranks it
 * @throws {ImageFormatError}
 * @see https://github.com/opencontainers/image-spec/blob/main/image-index.md
 */
export function parseManifest(bytes: Uint8Array, contentType: string): Manifest {
  const json = parseJson(bytes, 'the manifest');
  const field = (name: string): unknown => (isObject(json) ? json[name] : undefined);
  const said = field('mediaType');
  const stated = (typeof said === 'string' && said !== '' ? said : contentType).split(';')[0]?.trim() ?? '';
  // Whoever reads it as one thing and whoever reads it as the other would run different images.
  if (field('manifests') !== undefined && field('config') !== undefined) {
    throw new ImageFormatError('the manifest is both an index and an image');
  }
  const type = isIndex(stated) || isManifest(stated) || isOld(stated) ? stated : typeByShape(field, stated);
  if (isIndex(type)) return { kind: 'index', images: imagesOf(check(indexSchema, json, 'the index')) };
  if (isManifest(type)) {
    const { config, layers } = check(imageSchema, json, 'the manifest');
    const { mediaType } = config;
    // Whatever its config is called, containerd runs what has layers of a file system.
    if (mediaType && !isConfig(mediaType) && !layers?.some((each) => isLayer(each.mediaType ?? '')))
      throw new ArtifactError(`it is no image but an artifact of type ${shown(mediaType)}`);
    return { kind: 'image', config: { digest: config.digest, size: config.size ?? 0 } };
  }
  throw new ImageFormatError(
    isOld(type)
      ? `it is of an old format (${shown(type)}) that container runtimes no longer run`
      : `its type ${shown(type)} is not that of an image`,
  );
}

function isOld(type: string): boolean {
  return type.endsWith('v1+prettyjws') || type.endsWith('manifest.v1+json');
}

/** Where neither says what it is, as with `application/json` from a plain file server: its fields do. */
function typeByShape(field: (name: string) => unknown, stated: string): string {
  if (Array.isArray(field('manifests'))) return OCI_INDEX;
  return isObject(field('config')) && Array.isArray(field('layers')) ? OCI_MANIFEST : stated;
}

/** @throws {ImageFormatError} */
export function parseConfig(bytes: Uint8Array): Config {
  const { config, ...platform } = check(
    configSchema,
    parseJson(bytes, 'the image config'),
    'the image config',
  );
  const [entrypoint, cmd] = [config?.Entrypoint ?? [], config?.Cmd ?? []];
  const size = sizeOfWords({ entrypoint, cmd });
  if (size > MAX_WORDS)
    throw new ImageFormatError(`its ENTRYPOINT and CMD have ${size} bytes, more than ${MAX_WORDS}`);
  return { platform: platformOf(platform) ?? 'unknown/unknown', entrypoint, cmd };
}

/** Images only: what BuildKit attests about them stands beside them as if for an unknown platform. */
function imagesOf({ manifests }: z.infer<typeof indexSchema>) {
  return manifests
    .filter(
      ({ mediaType, platform, annotations }) =>
        annotations?.['vnd.docker.reference.type'] === undefined &&
        (!platform || platformOf(platform) !== undefined) &&
        platform?.os !== 'unknown' &&
        // No node of Linux has a feature that an image could ask for.
        !platform?.['os.features']?.length &&
        (!mediaType || isManifest(mediaType) || isIndex(mediaType)),
    )
    .map((entry) => ({
      digest: entry.digest,
      platform: entry.platform ? platformOf(entry.platform) : undefined,
    }));
}

function platformOf({ os, architecture, variant }: z.infer<typeof platformSchema>): string | undefined {
  if (!architecture) return undefined;
  return normalizePlatform([os || 'linux', architecture, ...(variant ? [variant] : [])].join('/'));
}

function parseJson(bytes: Uint8Array, what: string): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (cause) {
    throw new ImageFormatError(`${what} is no JSON`, { cause });
  }
}

function check<Schema extends z.ZodType>(schema: Schema, json: unknown, what: string): z.output<Schema> {
  const result = schema.safeParse(json);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  const where = issue?.path.join('.') ?? '';
  throw new ImageFormatError(`${what} is malformed${where === '' ? '' : ` at ${where}`}: ${issue?.message}`);
}

/** A word of a stranger's, for an error. */
function shown(text: string): string {
  return JSON.stringify(plain(text, 80));
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
