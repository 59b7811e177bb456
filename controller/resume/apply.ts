/** Looks at the Resumes of one Task and does what {@link decideResume} says. */
import { isDeepStrictEqual } from 'node:util';
import { podNameOf, RESUME_ANNOTATION } from '../../shared/pod/pod.ts';
import { API_VERSION, KIND } from '../../shared/task/api.ts';
import { encodeResumes, type Resumes } from '../../shared/turn/resume.ts';
import type { ResumeStatus } from '../../shared/resume/resume.ts';
import { type Actor, isOwnedBy } from '../act.ts';
import { stale, unlessGone } from '../answers.ts';
import type { TaskEvent } from '../decide/events.ts';
import { observe } from '../decide/observe.ts';
import { pathOf, type JsonPatch } from '../decide/patch.ts';
import type { ObservedPod } from '../pod.ts';
import type { Cache } from '../runtime/cache.ts';
import type { ApiClient } from '../runtime/client.ts';
import type { Log } from '../runtime/log.ts';
import { PODS, RESUMES } from '../runtime/objects.ts';
import { isFinal, type StoredTask } from '../stored-task.ts';
import { decideResume, type SeenResume } from './decide.ts';
import type { StoredResume } from './stored-resume.ts';
import type { WaitingResumes } from './waiting.ts';

interface Settings {
  client: Pick<ApiClient, 'patch'>;
  waiting: Pick<WaitingResumes, 'of'>;
  resumes: Pick<Cache<StoredResume>, 'put'>;
  pods: Pick<Cache<ObservedPod>, 'put'>;
  actor: Pick<Actor, 'readPod' | 'tell'>;
  log: Log;
  /** Milliseconds since the epoch. */
  clock: () => number;
}

/** What is known of a Task once it was looked at. */
export interface Looked {
  task: StoredTask;
  pod: ObservedPod | undefined;
}

/** So many are written in a row: there may be thousands, and other Tasks wait for their turn. */
const AT_ONCE = 20;

export class ResumeApplier {
  readonly #settings: Settings;

  constructor(settings: Settings) {
    this.#settings = settings;
  }

  /**
   * @param key - `namespace/name` of the Task
   * @param looked - the Task as it is now; `undefined` when there is none
   * @returns milliseconds after which to look again
   */
  async apply(key: string, looked: Looked | undefined, signal: AbortSignal): Promise<number | undefined> {
    const { waiting, clock } = this.#settings;
    const all = waiting.of(key);
    if (all.length === 0) return undefined;
    const task = looked?.task;
    let pod = task && isFinal(task) ? await this.#podOf(task, signal) : looked?.pod;
    const seen = (resume: StoredResume): SeenResume => {
      const now = clock();
      return {
        resume,
        task,
        pod,
        chain: task && pod && !isFinal(task) ? observe(task, pod, now) : undefined,
        now,
      };
    };
    const delays: number[] = [];
    let written = 0;
    for (const resume of all) {
      if (written >= AT_ONCE) return 0;
      let decision = decideResume(seen(resume));
      if (decision.kind === 'tell' && pod !== undefined) {
        pod = await this.#tell(pod, decision.resumes, signal);
        decision = decideResume(seen(resume));
      }
      if (decision.kind === 'tell') continue;
      if (decision.again !== undefined) delays.push(decision.again);
      if (isDeepStrictEqual(decision.status, resume.status)) continue;
      await this.#say(resume, decision.status, task, signal).catch(unlessGone);
      written++;
    }
    return delays.length === 0 ? undefined : Math.min(...delays);
  }

  /** Of a Task that is over the pod is not kept, and it may say that a Resume was applied in time. */
  async #podOf(task: StoredTask, signal: AbortSignal): Promise<ObservedPod | undefined> {
    const { name, namespace, uid = '' } = task.metadata;
    const pod = await this.#settings.actor.readPod({ namespace, name: podNameOf({ name, uid }) }, signal);
    return pod !== undefined && isOwnedBy(task, pod) ? pod : undefined;
  }

  /** What was seen is tested in the same patch: should somebody else have written, nothing is changed, and we look again. */
  async #tell(pod: ObservedPod, resumes: Resumes, signal: AbortSignal): Promise<ObservedPod> {
    const { client, pods, log } = this.#settings;
    const { namespace = '', name, annotations = {} } = pod.metadata;
    const path = pathOf(RESUME_ANNOTATION);
    const value = encodeResumes(resumes);
    const body: JsonPatch = [
      { op: 'test', path, value: annotations[RESUME_ANNOTATION] ?? null },
      { op: 'add', path, value },
    ];
    log.info({ pod: `${namespace}/${name}`, resumes: value }, 'held steps told');
    const told = await client
      .patch<ObservedPod>(PODS, { namespace, name }, { type: 'json', body }, { signal })
      .catch(stale);
    pods.put(told);
    return told;
  }

  /** The event first: behind the last word nobody looks again, should this process be killed in between. */
  async #say(
    resume: StoredResume,
    status: ResumeStatus,
    task: StoredTask | undefined,
    signal: AbortSignal,
  ): Promise<void> {
    const { client, resumes, actor } = this.#settings;
    const { namespace = '', name, uid } = resume.metadata;
    if (task !== undefined && status.status === 'Applied')
      await actor.tell(task, eventOf(resume, status), signal);
    const owned = task && ownPatch(resume, task);
    if (owned !== undefined)
      await client
        .patch(RESUMES, { namespace, name }, { type: 'json', body: owned }, { signal })
        .catch(stale);
    const body: JsonPatch = [
      { op: 'test', path: '/metadata/uid', value: uid },
      { op: 'add', path: '/status', value: status },
    ];
    const ref = { namespace, name, subresource: 'status' };
    resumes.put(
      await client.patch<StoredResume>(RESUMES, ref, { type: 'json', body }, { signal }).catch(stale),
    );
  }
}

/** Makes it the Task's, so that it goes with it; `undefined` when it is already. */
function ownPatch({ metadata, owners = [] }: StoredResume, task: StoredTask): JsonPatch | undefined {
  const { name, uid = '' } = task.metadata;
  if (owners.includes(uid)) return undefined;
  const owner = { apiVersion: API_VERSION, kind: KIND, name, uid };
  const path = '/metadata/ownerReferences';
  return [
    { op: 'test', path: '/metadata/resourceVersion', value: metadata.resourceVersion },
    owners.length === 0
      ? { op: 'add', path, value: [owner] }
      : { op: 'add', path: `${path}/-`, value: owner },
  ];
}

function eventOf({ metadata, spec, by }: StoredResume, { steps = [] }: ResumeStatus): TaskEvent {
  const what = steps.length === 1 ? `step ${steps[0]}` : `steps ${steps.join(', ')}`;
  const who = by === undefined ? '' : ` of ${by}`;
  const note = `${what}: ${spec.action ?? 'Continue'}, says Resume ${metadata.name}${who}`;
  return { reason: 'Resumed', type: 'Normal', note, key: `resumed: ${metadata.uid}` };
}
