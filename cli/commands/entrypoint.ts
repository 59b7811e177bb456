import { hostPlatform } from '../../shared/turn/host-platform.ts';
import { imageFor, type FoundImage, type PlatformImage } from '../../shared/image/found.ts';
import { imageWords } from '../../shared/image/resolve.ts';
import { normalizePlatform } from '../../shared/turn/platform.ts';
import { UsageError } from '../../shared/turn/errors.ts';
import { command } from '../command.ts';
import { lookupOptions } from '../image/lookup-options.ts';
import { print } from '../../shared/print.ts';
import { shellWord } from '../print.ts';

export const entrypointCommand = command({
  name: 'entrypoint',
  usage: '[OPTIONS] IMAGE...',
  describe: 'Print what an image runs, and where that comes from',
  rest: 'images',
  options: {
    output: { alias: 'o', type: 'string', choices: ['text', 'json'], default: 'text', describe: 'Format' },
    platform: { type: 'string', describe: 'OS/ARCH[/VARIANT] (default: that of this machine)' },
    'all-platforms': { type: 'boolean', default: false, describe: 'Every Linux platform of the image' },
    ...lookupOptions,
  },
  epilogue: 'Exits with 2 when an image cannot be looked up; the others are printed all the same.',
  async run({ images, output, platform: asked, allPlatforms, ...options }) {
    if (images.length === 0) throw new UsageError('no image; write taskflow entrypoint busybox:1.36');
    if (allPlatforms && asked !== undefined)
      throw new UsageError('--platform and --all-platforms exclude each other; give one of them');
    const platform = allPlatforms ? undefined : readPlatform(asked);
    const { openLookup } = await import('../image/look-up.ts');
    const { lookup, keyring } = await openLookup(options);
    const results = await Promise.allSettled(
      images.map(async (image) => {
        const found = await lookup.find(image, { keyring, platform, offline: options.offline });
        return report(found, platform, asked !== undefined);
      }),
    );
    const reports = results.filter((result) => result.status === 'fulfilled').map(({ value }) => value);
    await print(
      output === 'json' ? `${JSON.stringify(reports, undefined, 2)}\n` : reports.map(reportText).join('\n'),
    );
    const failed = results.filter((result) => result.status === 'rejected');
    if (failed.length > 0) throw new AggregateError(failed.map(({ reason }) => reason as unknown));
  },
});

/** @throws {UsageError} */
function readPlatform(text: string | undefined): string {
  const platform = text === undefined ? hostPlatform() : normalizePlatform(text);
  if (platform === undefined)
    throw new UsageError(`--platform "${text}": write OS/ARCH[/VARIANT], linux/arm64`);
  if (!platform.startsWith('linux/')) throw new UsageError(`--platform "${text}": steps run on Linux only`);
  return platform;
}

interface Report {
  image: string;
  /** What a pod gets. */
  pinned: string;
  registry: string;
  from: FoundImage['from'];
  platforms: readonly (PlatformImage & { command: readonly string[] })[];
}

/**
 * @param platform - `undefined`: all
 * @param strict - whoever asks for a platform wants to know when a single image is for another one; a node would not care
 */
function report(found: FoundImage, platform: string | undefined, strict: boolean): Report {
  const { image, pinned, registry, from } = found;
  const offer = strict ? { ...found, index: true } : found;
  const chosen = platform === undefined ? found.platforms : [imageFor(offer, platform)];
  const platforms = chosen.map((each) => ({ ...each, command: imageWords(each) }));
  return { image, pinned, registry, from, platforms };
}

const FROM: Record<FoundImage['from'], string> = {
  registry: 'asked now',
  tag: 'its tag is unchanged; the rest is from the cache',
  cache: 'not asked; all is from the cache',
};

function reportText({ image, pinned, registry, from, platforms }: Report): string {
  const rows = platforms.flatMap(({ platform, digest, entrypoint, cmd, command }) => [
    `  ${platform}`,
    `    runs        ${command.length === 0 ? 'nothing: it has neither ENTRYPOINT nor CMD' : wordsText(command)}`,
    `    ENTRYPOINT  ${wordsText(entrypoint)}`,
    `    CMD         ${wordsText(cmd)}`,
    `    digest      ${digest}`,
  ]);
  return [image, `  is        ${pinned}`, `  registry  ${registry} (${FROM[from]})`, ...rows, ''].join('\n');
}

const wordsText = (words: readonly string[]): string => words.map(shellWord).join(' ') || '-';
