/** Does what was decided: the only place that writes to the cluster. */
import { needsImage } from '../shared/image/steps.ts';
import { podOf, type Pod, type PodSettings } from '../shared/pod/pod.ts';
import type { ConfigMap } from '../shared/pod/scripts.ts';
import { TASK_LABEL } from '../shared/task/api.ts';
import { everyStep } from '../shared/task/finally.ts';
import { stepsOf } from '../shared/task/step-template.ts';
import type { TaskStatus } from '../shared/task/task.ts';
import { isMadeAs, isScriptsOf } from './adopt.ts';
import { exists, isGone, stale, unlessGone } from './answers.ts';
import { labelsOf } from '../shared/pod/labels.ts';
import { ownedBy } from '../shared/pod/owner.ts';
import type { TaskEvent } from './decide/events.ts';
import type { PodEvent } from './decide/mounts.ts';
import type { JsonPatch } from './decide/patch.ts';
import { eventObject } from './event-object.ts';
import { NotLeadingError } from './leading.ts';
import { eventsAbout, podsToldOf } from './pod-events.ts';
import { keepOfPod, ownerOf, type ObservedPod } from './pod.ts';
import type { ApiClient } from './runtime/client.ts';
import { refusal, RefusedError } from './refusal.ts';
import { ApiError } from './runtime/errors.ts';
import { CONFIG_MAPS, EVENTS, PODS, TASKS, type KubeObject } from './runtime/objects.ts';
import type { Log } from './runtime/log.ts';
import type { StoredTask } from './stored-task.ts';

export interface ActorSettings {
  client: Pick<ApiClient, 'get' | 'list' | 'create' | 'patch' | 'delete'>;
  /** Which of several controllers this is. */
  instance: string;
  log: Log;
  /** Milliseconds since the epoch. */
  clock: () => number;
}

/** The writes of one controller. */
export class Actor {
  readonly #settings: ActorSettings;

  constructor(settings: ActorSettings) {
    this.#settings = settings;
  }

  /** The Task as it is now; `undefined` when it is gone. */
  async readTask(task: Pick<StoredTask, 'metadata'>, signal: AbortSignal): Promise<StoredTask | undefined> {
    const { client } = this.#settings;
    return client.get<StoredTask>(TASKS, refOf(task), { signal }).catch(unlessGone);
  }

  /** A pod as it is now; `undefined` when there is none. */
  async readPod(
    { namespace = 'default', name }: { namespace?: string | undefined; name: string },
    signal: AbortSignal,
  ): Promise<ObservedPod | undefined> {
    const pod = await this.#settings.client
      .get<ObservedPod>(PODS, { namespace, name }, { signal })
      .catch(unlessGone);
    return pod && keepOfPod(pod);
  }

  /**
   * The pod, and before it the scripts that it mounts. Their names follow from the Task's uid, so that who comes
   * twice, after a restart or an answer that was lost, finds what is there.
   *
   * @throws {RefusedError} when the API server refuses the pod
   */
  async create(
    task: StoredTask,
    pod: Pod,
    scripts: ConfigMap | undefined,
    signal: AbortSignal,
  ): Promise<ObservedPod> {
    const { client } = this.#settings;
    try {
      if (scripts !== undefined) await this.#putScripts(scripts, signal);
      return await client.create(PODS, pod as unknown as ObservedPod & Pod, { signal, strict: true });
    } catch (error) {
      if (exists(error)) return this.#existing(task, pod, signal);
      const trouble = error instanceof ApiError ? await refusal(error, task) : undefined;
      if (trouble === undefined) throw error;
      throw new RefusedError(trouble, { cause: error });
    }
  }

  /**
   * Whether the API server would take the pod of a Task: what its images run makes no difference to that.
   *
   * @throws {RefusedError}
   */
  async tryOut(task: StoredTask, settings: PodSettings, signal: AbortSignal): Promise<void> {
    const whole = stepsOf(task.spec);
    const told = everyStep(task.spec).map((step, index) => {
      const own = whole[index];
      return own !== undefined && needsImage(own) ? { ...step, command: ['true'] } : step;
    });
    const { length } = task.spec.steps;
    const spec = { ...task.spec, steps: told.slice(0, length), finally: told.slice(length) };
    try {
      await this.#admitted(podOf({ ...task, spec }, settings), signal);
    } catch (error) {
      const trouble = error instanceof ApiError ? await refusal(error, task) : undefined;
      if (trouble === undefined) throw error;
      throw new RefusedError(trouble, { cause: error });
    }
  }

  /** A pod as the API server would store it, with all that admission adds; under no name of its own, since that may be taken. */
  async #admitted({ metadata, ...pod }: Pod, signal: AbortSignal): Promise<KubeObject> {
    const { name: _name, ...rest } = metadata;
    const probe = { ...pod, metadata: { ...rest, generateName: 'task-pod-' } };
    const options = { signal, dryRun: true, strict: true };
    return this.#settings.client.create(PODS, probe as unknown as KubeObject, options);
  }

  /** The pod that has the name of a Task's, if it and its scripts are what this controller would have made. */
  async adopt(
    task: StoredTask,
    { pod, scripts }: { pod: Pod; scripts: ConfigMap | undefined },
    signal: AbortSignal,
  ): Promise<ObservedPod | undefined> {
    try {
      if (scripts !== undefined) await this.#existingScripts(scripts, signal);
      return await this.#existing(task, pod, signal);
    } catch (error) {
      if (error instanceof RefusedError || isGone(error)) return undefined;
      throw error;
    }
  }

  async #putScripts(scripts: ConfigMap, signal: AbortSignal): Promise<void> {
    try {
      await this.#settings.client.create(CONFIG_MAPS, scripts, { signal });
    } catch (error) {
      if (!exists(error)) throw error;
      await this.#existingScripts(scripts, signal);
    }
  }

  /** @throws {RefusedError} when they are somebody else's */
  async #existingScripts(scripts: ConfigMap, signal: AbortSignal): Promise<void> {
    const { namespace = 'default', name } = scripts.metadata;
    const found = await this.#settings.client.get(CONFIG_MAPS, { namespace, name }, { signal });
    if (isScriptsOf(scripts, found)) return;
    const message = `ConfigMap ${name} exists and does not hold the scripts of this Task as its controller would have put them there; delete the ConfigMap, or this Task`;
    throw new RefusedError({ reason: 'ConfigMapNameTaken', message, ends: 'patience' });
  }

  async #existing(task: StoredTask, made: Pod, signal: AbortSignal): Promise<ObservedPod> {
    const { namespace = 'default', name = '' } = made.metadata;
    const pod = await this.#settings.client.get<ObservedPod>(PODS, { namespace, name }, { signal });
    const isOwned = isOwnedBy(task, pod);
    const isFree = isOwned || ownerOf(pod) === undefined;
    if (isMadeAs(made, pod) || (isFree && (await this.#isAdmittedAs(made, pod, signal))))
      return isFound(task, pod) ? pod : this.claimPod(task, pod, signal);
    const whose = isFree ? 'is not as its controller makes it' : 'belongs to somebody else';
    const message = `pod ${name} exists and ${whose}; delete it, or this Task`;
    throw new RefusedError({ reason: 'PodNameTaken', message, ends: 'patience' });
  }

  /**
   * Whether a pod is what the API server makes of ours. A webhook may have added a sidecar: what it adds today to the same
   * pod tells that from what somebody else wrote.
   */
  async #isAdmittedAs(made: Pod, found: ObservedPod, signal: AbortSignal): Promise<boolean> {
    try {
      return isMadeAs((await this.#admitted(made, signal)) as unknown as Pod, found);
    } catch (error) {
      // A webhook may not know dry runs, and a quota may be used up by this very pod.
      if (error instanceof ApiError && error.status < 500) return false;
      throw error;
    }
  }

  /** Gives a pod that is the Task's its labels and its owner again. */
  async claimPod(task: StoredTask, pod: ObservedPod, signal: AbortSignal): Promise<ObservedPod> {
    const { uid } = pod.metadata;
    const metadata = { uid, labels: labelsOf(task), ...ownedBy(task) };
    const patch = { type: 'merge', body: { metadata } } as const;
    const claimed = await this.#settings.client.patch<ObservedPod>(PODS, refOf(pod), patch, { signal });
    return keepOfPod(claimed);
  }

  /** What its node said about a pod in events, the newest first. */
  async readEvents(pod: ObservedPod, signal: AbortSignal): Promise<PodEvent[]> {
    return eventsAbout(pod, { client: this.#settings.client, signal });
  }

  /** @throws {StaleError} when the order is no longer what it was */
  async patchPod(pod: ObservedPod, patch: JsonPatch, signal: AbortSignal): Promise<ObservedPod> {
    const { client } = this.#settings;
    return client
      .patch<ObservedPod>(PODS, refOf(pod), { type: 'json', body: patch }, { signal })
      .catch(stale);
  }

  /**
   * Deletes a pod as it was seen: one that a node has taken meanwhile may run by now.
   *
   * @throws {StaleError} when it is not as it was seen
   */
  async deletePod(pod: ObservedPod, signal: AbortSignal): Promise<void> {
    const { uid, resourceVersion } = pod.metadata;
    const seen = { ...(uid && { uid }), ...(resourceVersion && { resourceVersion }) };
    const deleting = this.#settings.client.delete(PODS, refOf(pod), { ...seen, signal });
    await deleting.catch(unlessGone).catch(stale);
  }

  async deleteTask(task: StoredTask, signal: AbortSignal): Promise<void> {
    const { uid } = task.metadata;
    const options = { ...(uid && { uid }), propagationPolicy: 'Background' as const, signal };
    await this.#settings.client.delete(TASKS, refOf(task), options).catch(unlessGone);
  }

  /**
   * The whole status, if the Task is still the one that was looked at.
   *
   * @throws {StaleError} when it is not
   */
  async writeStatus(task: StoredTask, status: TaskStatus, signal: AbortSignal): Promise<StoredTask> {
    const { client } = this.#settings;
    const body: JsonPatch = [
      { op: 'test', path: '/metadata/resourceVersion', value: task.metadata.resourceVersion },
      { op: 'add', path: '/status', value: status },
    ];
    const ref = { ...refOf(task), subresource: 'status' };
    return client.patch<StoredTask>(TASKS, ref, { type: 'json', body }, { signal }).catch(stale);
  }

  /** Whether an event was posted, by this controller or another, as long as the cluster keeps it. */
  async hasTold(task: StoredTask, event: TaskEvent, signal: AbortSignal): Promise<boolean> {
    const { client, instance } = this.#settings;
    const { name, namespace = '' } = eventObject(task, event, { instance, now: 0 }).metadata;
    const query = { namespace, fieldSelector: `metadata.name=${name}` };
    return (await client.list(EVENTS, query, { signal })).items.length > 0;
  }

  /** The names of pods that events tell of in a namespace: those of schedulers and nodes outlive the pod. */
  async podsTold(namespace: string, signal: AbortSignal): Promise<ReadonlySet<string>> {
    return podsToldOf(namespace, { client: this.#settings.client, signal });
  }

  /** Events are for people: one that cannot be posted is logged and forgotten. */
  async tell(task: StoredTask, event: TaskEvent, signal: AbortSignal): Promise<void> {
    const { client, instance, log, clock } = this.#settings;
    const object = eventObject(task, event, { instance, now: clock() });
    await client.create(EVENTS, object, { signal }).catch((error: unknown) => {
      if (error instanceof ApiError && error.reason === 'AlreadyExists') return;
      if (error instanceof NotLeadingError) return;
      log.warn(
        { task: task.metadata.name, namespace: task.metadata.namespace, event: event.reason, error },
        'event not posted',
      );
    });
  }
}

export function isOwnedBy(task: Pick<StoredTask, 'metadata'>, pod: ObservedPod): boolean {
  return (
    pod.metadata.ownerReferences?.some(
      ({ uid, controller }) => controller === true && uid === task.metadata.uid,
    ) ?? false
  );
}

/** Whether the pod has what it is found by. */
function isFound(task: StoredTask, pod: ObservedPod): boolean {
  return isOwnedBy(task, pod) && pod.metadata.labels?.[TASK_LABEL] === task.metadata.name;
}

function refOf({ metadata }: { metadata: { name: string; namespace?: string | undefined } }): {
  namespace: string;
  name: string;
} {
  return { namespace: metadata.namespace ?? 'default', name: metadata.name };
}
