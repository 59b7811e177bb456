/** Looks up what images run. Asks a registry as seldom as it can. */
import type { BlockList } from 'node:net';
import { withAccess } from './access.ts';
import type { Keyring } from './credentials.ts';
import { asDigest, type Digest } from './digest.ts';
import {
  ImageLookupError,
  NotCachedError,
  RateLimitedError,
  RegistryUnreachableError,
  type About,
} from './errors.ts';
import { Failures } from './failures.ts';
import { Flights, Gate } from './flights.ts';
import type { FoundImage, PlatformImage } from './found.ts';
import { ACCEPT } from './media-types.ts';
import { fetchManifest, MAX_MANIFEST, MissingRecordError, readImage, type Sources } from './read.ts';
import { recordsIn, type Known, type Records } from './records.ts';
import { formatReference, parseReference, versionOf, type ImageReference } from './reference.ts';
import { authorizations, type Session } from './session.ts';
import { endpointsOf, type Endpoint, type Registries } from './settings.ts';
import { memoryStore, type Store } from './store.ts';
import { fetchTransport, type Transport } from './transport.ts';

/** The most lookups at once at all registries, where several ask; a quarter of them of one asker. Each reads some megabytes. */
const AT_ONCE = 16;

/** With more of them, those that nobody is in are let go. */
const MOST_GATES = 1_000;

export interface LookupSettings {
  registries?: Registries;
  /** Addresses at which nothing is asked, unless `registries` names the host. Default: none. */
  denied?: BlockList;
  /** Where to keep what was found. Default: in memory. */
  store?: Store;
  /** How long a tag is believed to stand for the same image, ms. Default: 30 s. */
  tagLifetime?: number;
  /** How long a failure is remembered, ms. Default: 10 s. */
  failureLifetime?: number;
  /** The most lookups at once at one registry. Default: 8. */
  perRegistry?: number;
  /** The most time that one lookup takes once it is its turn, ms. Default: 20 s. */
  deadline?: number;
}

export interface Wanted {
  keyring: Keyring;
  /** Only for one machine, `linux/amd64`. Default: for all. */
  platform?: string | undefined;
  /** Ask the registry whether the tag is unchanged, however short ago that was. */
  fresh?: boolean;
  /** Ask no registry. */
  offline?: boolean;
  /** Who asks, where several share this lookup: no one of them takes more than a quarter of a registry's lookups. */
  asker?: string | undefined;
  signal?: AbortSignal | undefined;
}

/**
 * What images run, by their registries and by what was learned from them before.
 *
 * @example
 * const lookup = new ImageLookup();
 * const found = await lookup.find('busybox:1.36', { keyring: anonymous });
 * found.platforms[0]?.cmd // ['sh']
 */
export class ImageLookup {
  readonly #registries: Registries;
  readonly #denied: BlockList | undefined;
  /** Hosts that the operator named. */
  readonly #named: ReadonlySet<string>;
  readonly #store: Store;
  readonly #failures: Failures;
  readonly #tagLifetime: number;
  readonly #perRegistry: number;
  readonly #deadline: number;
  readonly #flights = new Flights<FoundImage>();
  readonly #gate = new Gate(AT_ONCE, AT_ONCE / 4);
  readonly #gates = new Map<string, Gate>();
  readonly #transports = new Map<string, Transport>();
  readonly #authorizations = authorizations();

  constructor(settings: LookupSettings = {}) {
    const { registries = new Map(), store = memoryStore(), failureLifetime = 10_000 } = settings;
    this.#registries = registries;
    this.#denied = settings.denied;
    this.#named = namedHosts(registries);
    this.#store = store;
    this.#failures = new Failures(failureLifetime, Date.now);
    this.#tagLifetime = settings.tagLifetime ?? 30_000;
    this.#perRegistry = settings.perRegistry ?? 8;
    this.#deadline = settings.deadline ?? 20_000;
  }

  /**
   * What one asker asks for the same image at the same time gets the same answer from one lookup.
   *
   * @throws {ImageReferenceError} @throws {ImageLookupError}
   */
  async find(image: string, wanted: Wanted): Promise<FoundImage> {
    const reference = parseReference(image);
    const { keyring, platform, fresh, offline, signal } = wanted;
    // Who joined another's would wait in that one's line.
    const key = JSON.stringify([
      keyring.scope,
      formatReference(reference),
      platform,
      fresh,
      offline,
      wanted.asker,
    ]);
    const found = await this.#flights.join(key, (stop) => this.#look(reference, image, wanted, stop), signal);
    // Others may have joined under another spelling of the same name.
    return { ...found, image, pinned: `${reference.name}@${found.digest}` };
  }

  async #look(
    reference: ImageReference,
    image: string,
    wanted: Wanted,
    signal: AbortSignal,
  ): Promise<FoundImage> {
    const about = { image, registry: reference.registry };
    const { keyring, offline = false } = wanted;
    const name = formatReference(reference);
    const records = this.#recordsOf(reference, keyring);
    const before = await this.#believed(reference, about, records, wanted);
    if (before !== undefined) return before;
    if (offline) throw new NotCachedError(about);

    const { asker = '' } = wanted;
    return this.#inTurn(reference.registry, asker, async () => {
      signal.throwIfAborted();
      // Another may have asked meanwhile.
      const meanwhile = await this.#believed(reference, about, records, wanted);
      if (meanwhile !== undefined) return meanwhile;
      const failure = this.#failures.recall(name, keyring.scope, about);
      if (failure !== undefined) throw failure;
      try {
        return await this.#ask(reference, { about, records, wanted, signal });
      } catch (error) {
        this.#failures.remember(error, name, keyring.scope);
        throw error;
      }
    });
  }

  /** What is kept, if nobody has to be asked whether it still holds. */
  async #believed(
    reference: ImageReference,
    about: About,
    records: Records,
    wanted: Wanted,
  ): Promise<FoundImage | undefined> {
    const known = await records.name.get(versionOf(reference));
    if (known === undefined) return undefined;
    if (wanted.offline !== true && !this.#holds(reference, known, wanted)) return undefined;
    const kept = await keptIn(records, known.digest, wanted, about);
    return kept && describe(reference, about, known.digest, { ...kept, from: 'cache' });
  }

  /** A digest stands for the same image for ever, a tag for a while. */
  #holds({ digest }: ImageReference, { at }: Known, { fresh = false }: Wanted): boolean {
    if (digest !== undefined) return true;
    const age = Date.now() - at;
    // A clock that was set back makes no record young for ever.
    return !fresh && age >= 0 && age < this.#tagLifetime;
  }

  async #ask(reference: ImageReference, { about, records, wanted, signal }: Asking): Promise<FoundImage> {
    const { keyring, platform } = wanted;
    const known = await records.name.get(versionOf(reference));
    const access = {
      about,
      keyring,
      registries: this.#registries,
      authorizations: this.#authorizations,
      transportTo: (endpoint: Endpoint) => this.#transportTo(endpoint),
      deadline: performance.now() + this.#deadline,
      signal,
    };
    return withAccess(reference, access, async (session) => {
      const sources: Sources = { records, session, about };
      const unchanged = known !== undefined && (await tagStands(session, reference, known.digest));
      const digest = unchanged ? known.digest : (await fetchManifest(versionOf(reference), sources)).digest;
      const kept = unchanged ? await keptIn(records, digest, wanted, about) : undefined;
      const contents = kept ?? (await readImage(digest, platform, sources));
      await records.name.set(versionOf(reference), { digest, at: Date.now() });
      return describe(reference, about, digest, {
        ...contents,
        from: kept === undefined ? 'registry' : 'tag',
      });
    });
  }

  #recordsOf({ registry, repository }: ImageReference, { scope }: Keyring): Records {
    return recordsIn(this.#store, { scope, repository: `${registry}/${repository}` });
  }

  async #inTurn<Value>(registry: string, asker: string, work: () => Promise<Value>): Promise<Value> {
    const gate = this.#gateOf(registry, asker);
    // First that of the registry: who waits there keeps nobody from another.
    return gate.pass(asker, async () => (asker === '' ? work() : this.#gate.pass(asker, work)));
  }

  /** Forgotten while nobody is inside: whoever asks names registries as they like. */
  #gateOf(registry: string, asker: string): Gate {
    const share = asker === '' ? this.#perRegistry : Math.ceil(this.#perRegistry / 4);
    const gate = this.#gates.get(registry) ?? new Gate(this.#perRegistry, share);
    this.#gates.set(registry, gate);
    if (this.#gates.size > MOST_GATES) {
      for (const [each, { size }] of this.#gates)
        if (size === 0 && each !== registry) this.#gates.delete(each);
    }
    return gate;
  }

  #transportTo({ ca }: Endpoint): Transport {
    const known = this.#transports.get(ca ?? '');
    if (known !== undefined) return known;
    const open = fetchTransport(ca);
    const guarded = this.#denied === undefined ? open : fetchTransport(ca, this.#denied);
    // Where a redirect or a token service leads is looked at as the registry itself is.
    const transport: Transport = (ask) => (this.#named.has(ask.url.host) ? open : guarded)(ask);
    this.#transports.set(ca ?? '', transport);
    return transport;
  }
}

/** As they are in addresses: without the port that goes without saying. */
function namedHosts(registries: Registries): ReadonlySet<string> {
  const named = [...registries].flatMap(([registry]) => endpointsOf(registry, registries));
  return new Set(named.map(({ base }) => base.host));
}

interface Asking {
  about: About;
  records: Records;
  wanted: Wanted;
  signal: AbortSignal;
}

interface Contents {
  index: boolean;
  platforms: readonly PlatformImage[];
}

async function keptIn(
  records: Records,
  digest: Digest,
  { platform }: Wanted,
  about: About,
): Promise<Contents | undefined> {
  try {
    return await readImage(digest, platform, { records, session: undefined, about });
  } catch (error) {
    if (error instanceof MissingRecordError) return undefined;
    throw error;
  }
}

/** Whether a tag still stands for what it stood for. A registry that does not say so is asked for the manifest. */
async function tagStands(session: Session, reference: ImageReference, digest: Digest): Promise<boolean> {
  try {
    const wanted = { accept: ACCEPT, limit: MAX_MANIFEST };
    const { headers } = await session.ask('HEAD', `manifests/${versionOf(reference)}`, wanted);
    return asDigest(headers.get('docker-content-digest') ?? '') === digest;
  } catch (error) {
    // Some registries know no HEAD, or break on it, and the GET that follows says more.
    const isOver =
      error instanceof RateLimitedError ||
      (error instanceof RegistryUnreachableError && !['connection', 'server'].includes(error.obstacle));
    if (isOver || !(error instanceof ImageLookupError)) throw error;
    return false;
  }
}

function describe(
  reference: ImageReference,
  { image, registry }: About,
  digest: Digest,
  { index, platforms, from }: Contents & Pick<FoundImage, 'from'>,
): FoundImage {
  const pinned = `${reference.name}@${digest}`;
  return { image, pinned, reference: formatReference(reference), registry, digest, index, platforms, from };
}
