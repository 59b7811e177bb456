/** Looks at one Task and does what {@link decide} says. Level-triggered: a key says where to look, never what happened. */
import { isDeepStrictEqual } from 'node:util';
import { plain } from '../shared/text.ts';
import { everyStep } from '../shared/task/finally.ts';
import type { TaskStatus } from '../shared/task/task.ts';
import { decide, type Action, type Decision, type Prepared } from './decide.ts';
import { smaller } from './decide/bounds.ts';
import { cautionEvents, createdEvent, eventsOf } from './decide/events.ts';
import type { ObservedPod } from './pod.ts';
import { OwnPods, type OwnPodsSettings } from './own-pod.ts';
import { RefusedError } from './refusal.ts';
import type { Cache } from './runtime/cache.ts';
import type { Memory } from './memory.ts';
import type { Looked } from './resume/apply.ts';
import { ApiError } from './runtime/errors.ts';
import { isFinal, type StoredTask } from './stored-task.ts';

export interface ReconcilerSettings extends OwnPodsSettings {
  tasks: Pick<Cache<StoredTask>, 'get' | 'put'>;
  /** Look again at a Task after so many milliseconds. */
  lookAgain: (key: string, after: number) => void;
  onStatus: (before: TaskStatus | undefined, after: TaskStatus) => void;
}

/** How far the steps are is written at most this often for each Task, ms; what people wait for is written at once. */
const PROGRESS_INTERVAL = 2_000;
const FIRST_REFUSAL_RETRY = 5_000;
const LAST_REFUSAL_RETRY = 60_000;

export class Reconciler {
  readonly #settings: ReconcilerSettings;
  readonly #memories = new Map<string, Memory>();
  readonly #ownPods: OwnPods;

  constructor(settings: ReconcilerSettings) {
    this.#settings = settings;
    this.#ownPods = new OwnPods(settings);
  }

  /**
   * @param key - `namespace/name` of a Task
   * @returns the Task and its pod as they are then; `undefined` when there is no such Task
   */
  async reconcile(key: string, signal: AbortSignal): Promise<Looked | undefined> {
    const { tasks, actor, clock, settings, lookAgain } = this.#settings;
    this.#ownPods.begin();
    const [namespace = '', name = ''] = key.split('/');
    const known = tasks.get(namespace, name);
    if (known === undefined) return undefined;
    // A stub says all that counts of a Task that is over.
    const task = known.stub === true && !isFinal(known) ? await actor.readTask(known, signal) : known;
    if (task === undefined) return undefined;
    const memory = this.#memoryOf(task);
    const found = isFinal(task) ? undefined : await this.#ownPods.find(task, memory, signal);
    const isOurs = found && (await this.#ownPods.isOurs(task, found, memory, signal));
    if (isOurs === 'not known yet') {
      this.#awaitImages(task, key);
      return { task, pod: undefined };
    }
    const pod = isOurs === true ? found : undefined;
    if (pod !== undefined) memory.hadPod = true;

    const { hadPod, events, told } = memory;
    const prepared = this.#prepared(task, memory);
    const seen = { task, pod, hadPod, isUnsure: isOurs === 'not known', prepared, events, now: clock() };
    // Once people were told of the end, that is the end, whatever was wished meanwhile.
    const isOpen = !isFinal(task) && task.metadata.deletionTimestamp === undefined;
    const decision =
      told !== undefined && isOpen ? { actions: [], status: told, urgent: true } : decide(seen, settings);
    const { again, stored } = await this.#carryOut(decision, { key, task, pod, memory, signal });
    if (again !== undefined) lookAgain(key, again);
    return { task: stored, pod: pod && this.#newest(pod) };
  }

  /** The pod as it is after what was done to it. */
  #newest(pod: ObservedPod): ObservedPod {
    const { namespace, name, uid } = pod.metadata;
    const now = this.#settings.pods.get(namespace, name);
    return now !== undefined && now.metadata.uid === uid && now.stub !== true ? now : pod;
  }

  /** A Task that is gone, or over, needs no memory. */
  forget(uid: string): void {
    this.#memories.delete(uid);
    this.#settings.lookups.forget(uid);
  }

  #memoryOf(task: StoredTask): Memory {
    const uid = task.metadata.uid ?? '';
    const known = this.#memories.get(uid);
    if (known !== undefined) return known;
    const memory: Memory = { written: this.#settings.clock(), hadPod: false, sought: false };
    if (!isFinal(task)) this.#memories.set(uid, memory);
    return memory;
  }

  /** A pod of its name may run: until it is known what it would be like, nothing is said of it. */
  #awaitImages(task: StoredTask, key: string): void {
    const { lookups, lookAgain } = this.#settings;
    lookups.start(task);
    const wait = lookups.retryIn(task);
    if (wait !== undefined) lookAgain(key, wait);
  }

  #prepared(task: StoredTask, { refused, hadPod }: Memory): Prepared {
    if (hadPod) return { kind: 'pending' };
    if (refused !== undefined && this.#settings.clock() < refused.retryAt) {
      return { kind: 'trouble', trouble: refused.trouble };
    }
    return this.#settings.lookups.prepared(task);
  }

  /** @returns milliseconds after which to look again, and the Task as it is then */
  async #carryOut(
    decision: Decision,
    at: Circumstances,
  ): Promise<{ again?: number | undefined; stored: StoredTask }> {
    const { log, dryRun, lookups } = this.#settings;
    const { key, task, memory } = at;
    if (dryRun) {
      const { status } = decision;
      const actions = decision.actions.map(({ kind }) => kind);
      if (status !== undefined || actions.length > 0)
        log.info({ task: key, actions, status: status?.status, reason: status?.reason }, 'would act');
      for (const { kind } of decision.actions) if (kind === 'look-up') lookups.start(task);
      return { again: decision.again, stored: task };
    }
    let stored = task;
    for (const action of decision.actions) await this.#act(action, at);
    const delays = [decision.again, this.#retryOf(task, memory)];
    if (decision.status !== undefined) {
      const left = memory.written + PROGRESS_INTERVAL - this.#settings.clock();
      if (decision.urgent || left <= 0) stored = await this.#write(decision.status, at);
      else delays.push(left);
    }
    if (isFinal(stored)) this.forget(task.metadata.uid ?? '');
    const known = delays.filter((delay) => delay !== undefined);
    return { again: known.length === 0 ? undefined : Math.min(...known), stored };
  }

  #retryOf(task: StoredTask, { refused, hadPod }: Memory): number | undefined {
    if (hadPod) return undefined;
    if (refused !== undefined) return Math.max(0, refused.retryAt - this.#settings.clock());
    const { lookups } = this.#settings;
    if (lookups.retryIn(task) === 0) lookups.start(task);
    return lookups.retryIn(task);
  }

  async #act(action: Action, { key, task, pod, memory, signal }: Circumstances): Promise<void> {
    const { actor, lookups, pods, log } = this.#settings;
    if (action.kind === 'look-up') return lookups.start(task);
    switch (action.kind) {
      case 'create':
        return this.#create(action, { key, task, pod, memory, signal });
      case 'patch-pod':
        if (pod === undefined) return;
        log.info(
          { task: key, pod: pod.metadata.name, patch: action.patch.filter(({ op }) => op !== 'test') },
          'pod patched',
        );
        return pods.put(await actor.patchPod(pod, action.patch, signal));
      case 'read-events': {
        const { clock, lookAgain } = this.#settings;
        if (pod === undefined) return;
        const before = memory.events?.found;
        memory.events = { at: clock(), found: await actor.readEvents(pod, signal) };
        if (!isDeepStrictEqual(before ?? [], memory.events.found)) lookAgain(key, 0);
        return;
      }
      case 'delete-pod':
        if (pod !== undefined) await actor.deletePod(pod, signal);
        log.info({ task: key, pod: pod?.metadata.name }, 'pod deleted');
        return;
      case 'delete-task':
        await actor.deleteTask(task, signal);
        log.info({ task: key }, 'task deleted, its time to live is over');
    }
  }

  async #create(
    { pod, scripts }: Extract<Action, { kind: 'create' }>,
    { key, task, memory, signal }: Circumstances,
  ): Promise<void> {
    const { actor, lookups, tasks, pods, log, clock, lookAgain } = this.#settings;
    // The one thing that must not be done on old news: a Task that had its pod has had it for good.
    const fresh = await actor.readTask(task, signal);
    if (fresh?.metadata.resourceVersion !== task.metadata.resourceVersion) {
      if (fresh !== undefined) tasks.put(fresh);
      return lookAgain(key, 0);
    }
    // What the images run is in the pod now. If that is refused, it is asked for again, and mostly still known.
    lookups.forget(task.metadata.uid ?? '');
    try {
      const created = await actor.create(task, pod, scripts, signal);
      memory.hadPod = true;
      memory.podUid = created.metadata.uid;
      delete memory.refused;
      pods.put(created);
      log.info({ task: key, pod: created.metadata.name, steps: everyStep(task.spec).length }, 'pod created');
      for (const event of [createdEvent(task, created.metadata.name), ...cautionEvents(task)])
        await actor.tell(task, event, signal);
    } catch (error) {
      if (!(error instanceof RefusedError)) throw error;
      const attempts = (memory.refused?.attempts ?? 0) + 1;
      const backoff = Math.min(LAST_REFUSAL_RETRY, FIRST_REFUSAL_RETRY * 2 ** (attempts - 1));
      memory.refused = { trouble: error.trouble, retryAt: clock() + backoff, attempts };
      const { reason, message: problem } = error.trouble;
      log.warn({ task: key, reason, problem, attempts }, 'pod not created');
      lookAgain(key, 0);
    }
  }

  /** A status that the API server refuses is followed by one that it takes, and that says so. */
  async #written(
    task: StoredTask,
    status: TaskStatus,
    memory: Memory,
    signal: AbortSignal,
  ): Promise<StoredTask> {
    const { actor, log } = this.#settings;
    if (memory.refusal === undefined) {
      try {
        return await actor.writeStatus(task, status, signal);
      } catch (error) {
        if (!(error instanceof ApiError && [400, 413, 422].includes(error.status))) throw error;
        memory.refusal = plain(error.told, 1024);
        log.error({ task: task.metadata.name, namespace: task.metadata.namespace, error }, 'status refused');
      }
    }
    return actor.writeStatus(task, smaller(status, memory.refusal), signal);
  }

  async #write(status: TaskStatus, { key, task, memory, signal }: Circumstances): Promise<StoredTask> {
    const { actor, tasks, onStatus, log, clock } = this.#settings;
    const before = task.status;
    const tell = async (): Promise<void> =>
      void (await Promise.all(eventsOf(before, status).map((event) => actor.tell(task, event, signal))));
    // Before the last word: behind it nobody looks again, should this process be killed in between.
    const isLast = status.completionTime !== undefined;
    if (isLast) {
      await tell();
      memory.told = status;
    }
    const stored = await this.#written(task, status, memory, signal);
    memory.written = clock();
    tasks.put(stored);
    onStatus(before, status);
    if (status.status !== before?.status || status.reason !== before?.reason) {
      const { status: word, reason, step, podName: pod, duration } = status;
      log.info({ task: key, status: word, reason, step, pod, duration }, 'task status');
    }
    if (!isLast) await tell();
    return stored;
  }
}

interface Circumstances {
  key: string;
  task: StoredTask;
  pod: ObservedPod | undefined;
  memory: Memory;
  signal: AbortSignal;
}
