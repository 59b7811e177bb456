/** What the images of Tasks run, looked up beside the queue: a slow registry holds no other Task up. */
import { NoImageCommandError, NoSuchPlatformError, RateLimitedError } from '../shared/image/errors.ts';
import { Gate } from '../shared/image/flights.ts';
import type { ImageLookup, LookupSettings } from '../shared/image/lookup.ts';
import { ImageReferenceError } from '../shared/image/reference.ts';
import { Lru } from '../shared/image/lru.ts';
import {
  lookUpImages,
  needsImage,
  sizeOfImages,
  StepLookupError,
  type Images,
} from '../shared/image/steps.ts';
import { InvalidParamsError } from '../shared/task/references/fill.ts';
import { PodTooLargeError } from '../shared/task/size.ts';
import { stepsOf } from '../shared/task/step-template.ts';
import { plain } from '../shared/text.ts';
import type { Prepared } from './decide.ts';
import { MAX_TROUBLE, type Trouble } from './decide/trouble.ts';
import { pullKeyring } from './pull-secrets.ts';
import { RefusedError } from './refusal.ts';
import type { ApiClient } from './runtime/client.ts';
import type { StoredTask } from './stored-task.ts';

const NONE: Images = new Map();
const FIRST_RETRY = 5_000;
const LAST_RETRY = 60_000;
/** Of all Tasks, a quarter of them of one namespace: each may bring some megabytes. */
const AT_ONCE = 16;
/** The most Tasks that wait for their turn, in all and of one namespace; one of each always may. Others come again. */
const WAITING = 512;
const WAITING_EACH = 64;
const COMES_AGAIN = 5_000;
/** What is kept of answers until pods are made of them, bytes. Who finds his gone asks again. */
const MAX_ANSWERS = 16 * 1024 * 1024;

export interface LookupsSettings {
  client: Pick<ApiClient, 'get'>;
  lookup: Pick<ImageLookup, 'find'>;
  /** The whole Task as it is when its turn has come; `undefined` when it is gone. */
  read: (task: Pick<StoredTask, 'metadata'>, signal: AbortSignal) => Promise<StoredTask | undefined>;
  /** Refuses a Task whose pod the API server would not have: then no secret is read, and nobody asked. */
  admit?: (task: StoredTask, signal: AbortSignal) => Promise<void>;
  /** Called when there is news of a Task, by its uid's namespace and name. */
  onNews: (task: Pick<StoredTask, 'metadata'>) => void;
  /** `found`, or the name of the error. */
  onResult: (result: string) => void;
  /** Milliseconds since the epoch. */
  clock: () => number;
  /** Aborted when the controller ends. */
  signal: AbortSignal;
}

interface Entry {
  asking: boolean;
  /** The last one; it stands while somebody asks again. */
  trouble?: Trouble;
  retryAt: number;
  attempts: number;
}

/**
 * One lookup for each Task that leaves what its steps run to their images.
 *
 * @example
 * lookups.prepared(task) // { kind: 'unknown' }
 * lookups.start(task); // later: onNews(task), and prepared(task) is { kind: 'ready', images }
 */
export class Lookups {
  readonly #settings: LookupsSettings;
  readonly #entries = new Map<string, Entry>();
  readonly #answers = new Lru<Images>(Infinity, { size: MAX_ANSWERS, sizeOf: sizeOfImages });
  readonly #gate = new Gate(AT_ONCE, AT_ONCE / 4);

  constructor(settings: LookupsSettings) {
    this.#settings = settings;
  }

  /** What is known by now. */
  prepared(task: StoredTask): Prepared {
    if (!asksFor(task)) return { kind: 'ready', images: NONE };
    const images = this.#answers.get(uidOf(task));
    if (images !== undefined) return { kind: 'ready', images };
    const entry = this.#entries.get(uidOf(task));
    if (entry === undefined) return { kind: 'unknown' };
    return entry.trouble === undefined ? { kind: 'pending' } : { kind: 'trouble', trouble: entry.trouble };
  }

  /** Asks, unless somebody does already or it is too early to ask again. */
  start(task: StoredTask): void {
    const uid = uidOf(task);
    const { clock } = this.#settings;
    const entry = this.#entries.get(uid) ?? { asking: false, retryAt: 0, attempts: 0 };
    if (entry.asking || this.#answers.get(uid) !== undefined || clock() < entry.retryAt) return;
    const { namespace = '' } = task.metadata;
    const own = this.#gate.waiting(namespace);
    if (own >= WAITING_EACH || (own > 0 && this.#gate.waiting() >= WAITING)) {
      this.#entries.set(uid, { ...entry, retryAt: clock() + COMES_AGAIN });
      return;
    }
    this.#entries.set(uid, { ...entry, asking: true });
    // Of a large Task only this waits.
    const { name } = task.metadata;
    const metadata = { namespace, name, uid };
    void this.#gate.pass(namespace, async () => this.#look({ metadata }, entry.attempts));
  }

  /** Milliseconds until a lookup should be started again that failed or found no place; `undefined` when there is none. */
  retryIn(task: StoredTask): number | undefined {
    const entry = this.#entries.get(uidOf(task));
    if (entry === undefined || entry.asking || entry.trouble?.ends === 'now') return undefined;
    return Math.max(0, entry.retryAt - this.#settings.clock());
  }

  forget(uid: string): void {
    this.#entries.delete(uid);
    this.#answers.delete(uid);
  }

  async #look(task: Pick<StoredTask, 'metadata'>, attempts: number): Promise<void> {
    // It was forgotten while it waited.
    if (!this.#entries.has(uidOf(task))) return;
    const { signal, clock, onNews, onResult } = this.#settings;
    try {
      const images = await this.#found(task);
      // Nobody waits for it any more when the Task was forgotten meanwhile.
      if (this.#entries.delete(uidOf(task)) && images !== undefined) this.#answers.set(uidOf(task), images);
      onResult('found');
    } catch (error) {
      if (signal.aborted) return;
      onResult(nameOf(error));
      const now = clock();
      const backoff = Math.min(LAST_RETRY, FIRST_RETRY * 2 ** attempts);
      const retryAt = Math.max(now + backoff, ...limitsOf(error));
      if (this.#entries.has(uidOf(task))) {
        const { message, ...about } = troubleFrom(error);
        const trouble = { ...about, message: plain(message, MAX_TROUBLE) };
        this.#entries.set(uidOf(task), { asking: false, trouble, retryAt, attempts: attempts + 1 });
      }
    }
    onNews(task);
  }

  /** What the images say, once the API server has said that it would take the pod; `undefined` for a Task that is gone. */
  async #found({ metadata }: Pick<StoredTask, 'metadata'>): Promise<Images | undefined> {
    const { client, lookup, signal, admit, read } = this.#settings;
    const task = await read({ metadata }, signal);
    if (task === undefined || task.metadata.uid !== metadata.uid) return undefined;
    await admit?.(task, signal);
    const keyring = await pullKeyring(task, client, signal);
    const { namespace: asker } = metadata;
    return lookUpImages(stepsOf(task.spec), lookup, { keyring, asker, signal });
  }
}

/** Not for a Task that can become no pod, which its making will say. */
function asksFor({ spec }: StoredTask): boolean {
  try {
    return stepsOf(spec).some(needsImage);
  } catch (error) {
    if (error instanceof PodTooLargeError || error instanceof InvalidParamsError) return false;
    throw error;
  }
}

function uidOf({ metadata }: Pick<StoredTask, 'metadata'>): string {
  return metadata.uid ?? '';
}

function troubleFrom(error: unknown): Trouble {
  if (error instanceof RefusedError) return error.trouble;
  if (error instanceof PodTooLargeError) {
    return { reason: 'PodTooLarge', message: error.message, ends: 'now' };
  }
  if (!(error instanceof StepLookupError)) {
    return {
      reason: 'ImageLookupFailed',
      message: String(error instanceof Error ? error.message : error),
      ends: 'patience',
    };
  }
  const final = error.problems.find(({ error: cause }) => isFinal(cause));
  const about = final ?? error.problems[0];
  return {
    reason: 'ImageLookupFailed',
    message: error.message,
    ...(about !== undefined && { step: about.step }),
    ends: final === undefined ? 'patience' : 'now',
  };
}

function nameOf(error: unknown): string {
  const cause = error instanceof StepLookupError ? error.problems[0]?.error : error;
  return cause instanceof Error ? cause.name : 'unknown';
}

/** Asking again would give the same answer. */
function isFinal(error: unknown): boolean {
  return [NoImageCommandError, NoSuchPlatformError, ImageReferenceError].some(
    (kind) => error instanceof kind,
  );
}

function limitsOf(error: unknown): number[] {
  if (!(error instanceof StepLookupError)) return [];
  return error.problems.flatMap(({ error: cause }) =>
    cause instanceof RateLimitedError ? [cause.until] : [],
  );
}

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
