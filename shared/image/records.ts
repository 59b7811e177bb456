/** What is kept in a store of one repository, for one who may read it: contents by their digest, and what a name stood for, when. */
import { z } from 'zod';
import { asDigest, type Digest } from './digest.ts';
import type { Config, Manifest } from './manifest.ts';
import type { Store } from './store.ts';

const digest = z.custom<Digest>((value) => typeof value === 'string' && asDigest(value) !== undefined);

const manifestSchema = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('index'),
    images: z.array(z.object({ digest, platform: z.string().optional() })),
  }),
  z.object({
    kind: z.literal('image'),
    config: z.object({ digest, size: z.number() }),
  }),
]);

const configSchema = z.object({
  platform: z.string(),
  entrypoint: z.array(z.string()),
  cmd: z.array(z.string()),
});

const nameSchema = z.object({ digest, at: z.number() });

/** What a name stood for. */
export interface Known {
  digest: Digest;
  /** `Date.now()` when the registry said so. */
  at: number;
}

export interface Records {
  manifest: Shelf<Manifest>;
  config: Shelf<Config>;
  /** By tag or digest. */
  name: Shelf<Known>;
}

interface Shelf<Value> {
  get(key: string): Promise<Value | undefined>;
  set(key: string, value: Value): Promise<void>;
}

/** Raised when what is kept changes its form. */
const VERSION = 3;

/**
 * A record that cannot be read counts as none.
 *
 * An index may name any digest, of an image in another repository too. So what is kept is kept for those who were told, and
 * there where they were told it: the registry says again who may read what elsewhere.
 *
 * @param place - whose credentials they are, and of which repository
 */
export function recordsIn(store: Store, place: { scope: string; repository: string }): Records {
  return {
    manifest: shelf('manifest', (value) => {
      const { data } = manifestSchema.safeParse(value);
      if (data?.kind !== 'index') return data;
      // An optional property and one that may be undefined are two things.
      return { kind: 'index', images: data.images.map((each) => ({ ...each, platform: each.platform })) };
    }),
    config: shelf('config', (value) => configSchema.safeParse(value).data),
    name: shelf('name', (value) => nameSchema.safeParse(value).data),
  };

  function shelf<Value>(kind: string, read: (value: unknown) => Value | undefined): Shelf<Value> {
    const full = (key: string): string => `${kind} ${VERSION} ${place.scope} ${place.repository} ${key}`;
    return {
      async get(key) {
        const text = await store.get(full(key));
        try {
          return text === undefined ? undefined : read(JSON.parse(text));
        } catch {
          return undefined;
        }
      },
      set: (key, value) => store.set(full(key), JSON.stringify(value)),
    };
  }
}
