/** Which pod is a Task's own: a name and an owner are anybody's to write, and to take away. */
import { podNameOf } from '../shared/pod/pod.ts';
import { type Actor, isOwnedBy } from './act.ts';
import { rendered } from './adopt.ts';
import type { Settings } from './decide.ts';
import type { Lookups } from './images.ts';
import type { Memory } from './memory.ts';
import type { ObservedPod } from './pod.ts';
import { isNewerThan, PodsTold, reclaimed, soughtPod } from './reclaim.ts';
import type { Cache } from './runtime/cache.ts';
import type { Log } from './runtime/log.ts';
import type { StoredTask } from './stored-task.ts';

export interface OwnPodsSettings {
  pods: Pick<Cache<ObservedPod>, 'get' | 'put' | 'leftOut'>;
  lookups: Lookups;
  actor: Actor;
  settings: Settings;
  /** Only log what would be done. */
  dryRun: boolean;
  log: Log;
  /** Milliseconds since the epoch. */
  clock: () => number;
}

export class OwnPods {
  readonly #settings: OwnPodsSettings;
  readonly #podsTold = new PodsTold();
  /** When this controller began to look at Tasks, ms since the epoch. */
  #begun = Infinity;

  constructor(settings: OwnPodsSettings) {
    this.#settings = settings;
  }

  /** A Task is looked at. */
  begin(): void {
    this.#begun = Math.min(this.#begun, this.#settings.clock());
  }

  /** The pod of the Task's name and owner: from the API server where the cache has a stub of it, or had no place for it. */
  async find(task: StoredTask, memory: Memory, signal: AbortSignal): Promise<ObservedPod | undefined> {
    const { metadata, status } = task;
    const { pods, actor, log } = this.#settings;
    const { namespace, uid = '' } = metadata;
    const name = podNameOf({ name: metadata.name, uid });
    const known = pods.get(namespace, name);
    const isWhole = known === undefined ? pods.leftOut === 0 : known.stub !== true;
    const pod = isWhole ? known : await actor.readPod({ namespace, name }, signal);
    if (pod !== undefined && isOwnedBy({ metadata }, pod)) return pod;
    const { podName, podUID = memory.podUid } = status ?? {};
    if (podUID === undefined && podName === undefined) return this.#sought(task, memory, signal);
    const found = await reclaimed(task, podUID, { actor, dryRun: this.#settings.dryRun, signal });
    if (found === undefined) return undefined;
    log.warn({ task: `${namespace}/${metadata.name}`, pod: name }, 'labels and owner of a pod put right');
    pods.put(found);
    return found;
  }

  /**
   * Whether a pod of the right name and owner is the one that was made. Its uid is in the status, which only a controller
   * writes; before that is written, after a restart or a lost answer, the pod has to look as this controller would make it.
   */
  async isOurs(
    task: StoredTask,
    found: ObservedPod,
    memory: Memory,
    signal: AbortSignal,
  ): Promise<boolean | 'not known' | 'not known yet'> {
    const { actor, lookups, settings } = this.#settings;
    const { uid } = found.metadata;
    const { podName, podUID = memory.podUid } = task.status ?? {};
    // The status of an older controller has no uid.
    if (podUID !== undefined || podName !== undefined) return podUID === undefined || podUID === uid;
    if (memory.foreignUid === uid) return false;
    const prepared = lookups.prepared(task);
    if (prepared.kind !== 'ready') return prepared.kind === 'trouble' ? 'not known' : 'not known yet';
    const made = rendered(task, settings, prepared.images);
    const adopted = made && (await actor.adopt(task, made, signal));
    const isOurs = adopted?.metadata.uid === uid;
    memory[isOurs ? 'podUid' : 'foreignUid'] = uid;
    return isOurs;
  }

  /** Asked once, and only for a Task that is older than this controller's work. */
  async #sought(task: StoredTask, memory: Memory, signal: AbortSignal): Promise<ObservedPod | undefined> {
    // What is found may have to be put right, which a dry run must not.
    if (memory.sought || isNewerThan(task, this.#begun) || this.#settings.dryRun) return undefined;
    const { actor, clock } = this.#settings;
    const at = { actor, podsTold: this.#podsTold, now: clock(), signal };
    const found = await soughtPod(task, at);
    memory.sought = typeof found !== 'object';
    if (found !== 'gone') return found;
    memory.hadPod = true;
    return undefined;
  }
}
