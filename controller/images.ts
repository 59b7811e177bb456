/** What the images of Tasks run, looked up beside the queue: a slow registry holds no other Task up. */
import { NoImageCommandError, NoSuchPlatformError, RateLimitedError } from '../shared/image/errors.ts';
import { Gate } from '../shared/image/flights.ts';
import type { ImageLookup, LookupSettings } from '../shared/image/lookup.ts';
import { ImageReferenceError } from '../shared/image/reference.ts';
import { lookUpImages, needsImage, StepLookupError, type Images } from '../shared/image/steps.ts';
import { InvalidParamsError } from '../shared/task/references/fill.ts';
import { PodTooLargeError } from '../shared/task/size.ts';
import { stepsOf, wholeOf } from '../shared/task/step-template.ts';
import type { Prepared } from './decide.ts';
import type { Trouble } from './decide/trouble.ts';
import { defined } from './defined.ts';
import { pullKeyring } from './pull-secrets.ts';
import { RefusedError } from './refusal.ts';
import type { ApiClient } from './runtime/client.ts';
import type { StoredTask } from './stored-task.ts';

const NONE: Images = new Map();
const FIRST_RETRY = 5_000;
const LAST_RETRY = 60_000;
/** Of all Tasks, a quarter of them of one namespace: each may bring some megabytes. */
const AT_ONCE = 16;

export interface LookupsSettings {
  client: Pick<ApiClient, 'get'>;
  lookup: Pick<ImageLookup, 'find'>;
  /** Refuses a Task whose pod the API server would not have: then no secret is read, and nobody asked. */
  admit?: (task: StoredTask, signal: AbortSignal) => Promise<void>;
  /** Called when there is news of a Task, by its uid's namespace and name. */
  onNews: (task: StoredTask) => void;
  /** `found`, or the name of the error. */
  onResult: (result: string) => void;
  /** Milliseconds since the epoch. */
  clock: () => number;
  /** Aborted when the controller ends. */
  signal: AbortSignal;
}

interface Entry {
  asking: boolean;
  /** The last answer; it stands while somebody asks again. */
  answer?: { kind: 'ready'; images: Images } | { kind: 'trouble'; trouble: Trouble };
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
  readonly #gate = new Gate(AT_ONCE, AT_ONCE / 4);

  constructor(settings: LookupsSettings) {
    this.#settings = settings;
  }

  /** What is known by now. */
  prepared(task: StoredTask): Prepared {
    if (!asksFor(task)) return { kind: 'ready', images: NONE };
    const entry = this.#entries.get(uidOf(task));
    return entry === undefined ? { kind: 'unknown' } : (entry.answer ?? { kind: 'pending' });
  }

  /** Asks, unless somebody does already or it is too early to ask again. */
  start(task: StoredTask): void {
    const entry = this.#entries.get(uidOf(task)) ?? { asking: false, retryAt: 0, attempts: 0 };
    if (entry.asking || entry.answer?.kind === 'ready' || this.#settings.clock() < entry.retryAt) return;
    this.#entries.set(uidOf(task), { ...entry, asking: true });
    const { namespace = '' } = task.metadata;
    const wanted = wantedOf(task);
    void this.#gate.pass(namespace, async () => this.#look(wanted, entry.attempts));
  }

  /** Milliseconds until a failed lookup should be started again; `undefined` when there is none. */
  retryIn(task: StoredTask): number | undefined {
    const entry = this.#entries.get(uidOf(task));
    if (entry?.answer?.kind !== 'trouble' || entry.answer.trouble.ends === 'now' || entry.asking)
      return undefined;
    return Math.max(0, entry.retryAt - this.#settings.clock());
  }

  forget(uid: string): void {
    this.#entries.delete(uid);
  }

  async #look(task: StoredTask, attempts: number): Promise<void> {
    // It was forgotten while it waited.
    if (!this.#entries.has(uidOf(task))) return;
    const { client, lookup, signal, clock, onNews, onResult } = this.#settings;
    try {
      await this.#settings.admit?.(task, signal);
      const keyring = await pullKeyring(task, client, signal);
      const { namespace: asker } = task.metadata;
      const images = await lookUpImages(stepsOf(task.spec), lookup, { keyring, asker, signal });
      this.#answer(task, { asking: false, answer: { kind: 'ready', images }, retryAt: 0, attempts });
      onResult('found');
    } catch (error) {
      if (signal.aborted) return;
      onResult(nameOf(error));
      const now = clock();
      const backoff = Math.min(LAST_RETRY, FIRST_RETRY * 2 ** attempts);
      const retryAt = Math.max(now + backoff, ...limitsOf(error));
      const answer = { kind: 'trouble' as const, trouble: troubleFrom(error) };
      this.#answer(task, { asking: false, answer, retryAt, attempts: attempts + 1 });
    }
    onNews(task);
  }

  /** Nobody waits for the answer any more when the Task was forgotten meanwhile. */
  #answer(task: StoredTask, entry: Entry): void {
    if (this.#entries.has(uidOf(task))) this.#entries.set(uidOf(task), entry);
  }
}

/** What a lookup reads of a Task, which may wait for its turn for a while: little of a large one. */
function wantedOf({ metadata, spec, ...task }: StoredTask): StoredTask {
  const whole = wholeOf(spec);
  const { serviceAccountName, imagePullSecrets } = whole.podTemplate ?? {};
  const steps = whole.steps.filter(needsImage).map(({ name, image, imagePullPolicy, args = [] }) =>
    // Of the arguments it counts whether there are any.
    defined({ name, image, imagePullPolicy, args: args.length > 0 ? ['…'] : undefined }),
  );
  const { name, namespace, uid } = metadata;
  const { apiVersion, kind } = task;
  const podTemplate = defined({ serviceAccountName, imagePullSecrets });
  return { apiVersion, kind, metadata: defined({ name, namespace, uid }), spec: { steps, podTemplate } };
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

function uidOf({ metadata }: StoredTask): string {
  return metadata.uid ?? '';
}

function troubleFrom(error: unknown): Trouble {
  if (error instanceof RefusedError) return error.trouble;
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
