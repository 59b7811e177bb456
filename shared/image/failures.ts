/** Failures, remembered for a short time: what failed just now is not asked for again at once. */
import {
  BadImageError,
  ImageLookupError,
  ImageNotFoundError,
  NotAuthorizedError,
  RateLimitedError,
  RegistryUnreachableError,
  type About,
} from './errors.ts';
import { Lru } from './lru.ts';
import { TransportError } from './transport.ts';

/** The longest that a registry's own word is believed, ms. */
const LONGEST = 5 * 60_000;

export class Failures {
  readonly #known = new Lru<{ error: ImageLookupError; until: number }>(1000);
  readonly #lifetime: number;
  readonly #now: () => number;

  /** @param lifetime - milliseconds */
  constructor(lifetime: number, now: () => number) {
    this.#lifetime = lifetime;
    this.#now = now;
  }

  /** The failure that asking for an image would end in, or `undefined`. */
  recall(name: string, scope: string, about: About): ImageLookupError | undefined {
    for (const key of [`${scope} ${name}`, `${scope} ${about.registry}`, about.registry]) {
      const failure = this.#known.get(key);
      if (failure !== undefined && failure.until > this.#now())
        return retold(failure.error, about, this.#now());
    }
    return undefined;
  }

  remember(error: unknown, name: string, scope: string): void {
    if (!(error instanceof ImageLookupError)) return;
    const until = this.#now() + this.#lifetime;
    if (error instanceof RateLimitedError) {
      const asked = Math.min(error.until, this.#now() + LONGEST);
      this.#known.set(`${scope} ${error.registry}`, { error, until: asked });
    } else if (error instanceof RegistryUnreachableError && isForAll(error)) {
      this.#known.set(error.registry, { error, until });
    } else if (
      [ImageNotFoundError, NotAuthorizedError, BadImageError, RegistryUnreachableError].some(
        (kind) => error instanceof kind,
      )
    ) {
      this.#known.set(`${scope} ${name}`, { error, until });
    }
  }
}

/**
 * Whether nobody can do better, whoever asks for whatever: the name is not known, or nothing listens there. All else, a
 * time-out first of all, may be due to one image or to one who asks.
 */
function isForAll({ cause }: RegistryUnreachableError): boolean {
  if (!(cause instanceof TransportError) || cause.elsewhere === true) return false;
  return cause.obstacle === 'name' || cause.code === 'ECONNREFUSED';
}

/** What happened to one image of a registry, said of another. */
function retold(error: ImageLookupError, about: About, now: number): ImageLookupError {
  if (error instanceof RateLimitedError) return new RateLimitedError(about, error.until, now);
  if (error instanceof RegistryUnreachableError && error.image !== about.image) {
    return new RegistryUnreachableError(about, error.obstacle, error.why, { cause: error });
  }
  return error;
}
