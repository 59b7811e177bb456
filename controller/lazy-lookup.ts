import type { ImageLookup, LookupSettings } from '../shared/image/lookup.ts';

/**
 * A lookup that is loaded by the first image that is asked for: many controllers never need one, and it brings schemas
 * and a client of its own.
 */
export function lazyLookup(settings: LookupSettings): Pick<ImageLookup, 'find'> {
  let loaded: Promise<ImageLookup> | undefined;
  const load = async (): Promise<ImageLookup> => {
    const { ImageLookup: Lookup } = await import('../shared/image/lookup.ts');
    return new Lookup(settings);
  };
  return { find: async (image, wanted) => (await (loaded ??= load())).find(image, wanted) };
}
