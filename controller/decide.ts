/**
 * The controller's whole policy: what to do about one Task, from what is known of it at one moment. Pure and total: it
 * reads no clock and does nothing; reconcile.ts does. docs/controller.md has it as a table, and the tests go through
 * that row by row.
 */
import { stopOf } from './annotations.ts';
import { isDeepStrictEqual } from 'node:util';
import { ImageLookupError } from '../shared/image/errors.ts';
import type { Images } from '../shared/image/steps.ts';
import { NoCommandError, podOf, type Pod, type PodSettings } from '../shared/pod/pod.ts';
import { ScriptsTooLargeError, scriptsConfigMap, type ConfigMap } from '../shared/pod/scripts.ts';
import { InvalidParamsError } from '../shared/task/references/fill.ts';
import { PodTooLargeError } from '../shared/task/size.ts';
import type { TaskStatus } from '../shared/task/task.ts';
import { advance, holdOf } from './decide/advance.ts';
import { conclude, culprit, DELETION_PATIENCE, stopped, type Conclusion } from './decide/conclude.ts';
import { observe, type Chain } from './decide/observe.ts';
import type { JsonPatch } from './decide/patch.ts';
import { EVENTS_INTERVAL, mayTell, mountTrouble, type PodEvent } from './decide/mounts.ts';
import { lastingTrouble, rememberedTrouble, troubledSince } from './decide/patience.ts';
import { tellOver } from './decide/over.ts';
import { statusOf, type Known } from './decide/status.ts';
import {
  cannotStart,
  causeToStop,
  deadlineOf,
  END_DELAY,
  endPod,
  mustGo,
  STOP_PATIENCE,
  stopPatience,
  stopPod,
  tidyStop,
} from './decide/stop.ts';
import { troubleOf, type Trouble } from './decide/trouble.ts';
import type { ObservedPod } from './pod.ts';
import { isFinal, type StoredTask } from './stored-task.ts';

/** All that is known of one Task. */
export interface Seen {
  task: StoredTask;
  /** Its own pod; `undefined` when there is none. */
  pod: ObservedPod | undefined;
  /** Whether there was one once, as far as this process knows; `status.podName` says so as well. */
  hadPod: boolean;
  /** Whether there is a pod of its name of which nobody can tell yet whether it is its own. */
  isUnsure?: boolean;
  /** What the making of the pod needs, or what stands in its way. */
  prepared: Prepared;
  /** What its node said in events about the pod, and when they were read, ms since the epoch; absent when nobody has. */
  events?: { at: number; found: readonly PodEvent[] } | undefined;
  /** Milliseconds since the epoch. */
  now: number;
}

export type Prepared =
  /** Nobody has asked yet what the images run. */
  | { kind: 'unknown' }
  /** Somebody is asking. */
  | { kind: 'pending' }
  | { kind: 'ready'; images: Images }
  /** A registry, or the API server, says no. */
  | { kind: 'trouble'; trouble: Trouble };

export interface Settings extends Omit<PodSettings, 'images'> {
  /** How long an image that cannot be pulled, and the like, is put up with, ms. */
  patience: number;
}

/** What to do, in this order; then the status, if it is not what it should be. */
export interface Decision {
  actions: readonly Action[];
  status?: TaskStatus;
  /** Whether the status says something that people wait for, rather than how far the steps are. */
  urgent: boolean;
  /** Milliseconds from now after which to look again although nothing happened. */
  again?: number;
}

export type Action =
  | { kind: 'look-up' }
  | { kind: 'create'; pod: Pod; scripts: ConfigMap | undefined }
  | { kind: 'patch-pod'; patch: JsonPatch }
  | { kind: 'read-events' }
  | { kind: 'delete-pod' }
  | { kind: 'delete-task' };

const NOTHING: Decision = { actions: [], urgent: false };

/**
 * What to do about a Task.
 *
 * @example decide({ task, pod: undefined, hadPod: false, prepared, now }, settings).actions[0]?.kind // 'create'
 */
export function decide(seen: Seen, settings: Settings): Decision {
  const { task, pod } = seen;
  // What belongs to it goes with it.
  if (task.metadata.deletionTimestamp) return NOTHING;
  if (isFinal(task)) return afterwards(task, seen.now);
  return pod === undefined ? withoutPod(seen, settings) : withPod(seen, pod, settings);
}

function afterwards({ spec, status }: StoredTask, now: number): Decision {
  const { ttlSecondsAfterFinished: ttl } = spec;
  if (ttl === undefined || status?.completionTime === undefined) return NOTHING;
  const left = Date.parse(status.completionTime) + ttl * 1000 - now;
  return left > 0 ? { ...NOTHING, again: left } : { ...NOTHING, actions: [{ kind: 'delete-task' }] };
}

function withoutPod({ task, hadPod, isUnsure, prepared, now }: Seen, settings: Settings): Decision {
  const isGone = hadPod || task.status?.podName !== undefined;
  const trouble =
    prepared.kind === 'trouble' ? prepared.trouble : isGone ? rememberedTrouble(task) : undefined;
  const since = trouble === undefined ? now : troubledSince(task, trouble, now);
  const known = { task, pod: undefined, chain: undefined, trouble, now };
  const stop = causeToStop({ task, trouble, since }, { now, patience: settings.patience });
  if (stop !== undefined) {
    const conclusion: Conclusion =
      isGone || isUnsure === true ? { ...stopped(stop), unconfirmed: true } : stopped(stop);
    return report({ ...known, conclusion });
  }
  if (isGone) return report({ ...known, conclusion: podIsGone(task) });
  // Nothing of it takes up room in the cluster until it may begin.
  if (task.spec.suspend === true)
    return report({ ...known, trouble: undefined, hold: { message: 'spec.suspend is true' } });

  const again = soonest(now, deadlineOf(task, undefined, undefined), patienceEnds(trouble, since, settings));
  switch (prepared.kind) {
    case 'unknown':
      return { ...report(known), actions: [{ kind: 'look-up' }], ...again };
    case 'pending':
    case 'trouble':
      return { ...report(known), ...again };
    case 'ready':
      return create(known, settings, prepared.images);
  }
}

function create(known: Known, settings: Settings, images: Images): Decision {
  const { task } = known;
  try {
    const scripts = scriptsConfigMap(task);
    return { ...NOTHING, actions: [{ kind: 'create', pod: podOf(task, { ...settings, images }), scripts }] };
  } catch (error) {
    const reason = REFUSALS.find(({ kind }) => error instanceof kind)?.reason;
    if (reason === undefined) throw error;
    const { message } = error as Error;
    return report({ ...known, conclusion: { status: 'Failure', reason, message } });
  }
}

/** A Task that can never become a pod. */
const REFUSALS = [
  { kind: InvalidParamsError, reason: 'InvalidParams' },
  { kind: PodTooLargeError, reason: 'PodTooLarge' },
  { kind: ScriptsTooLargeError, reason: 'ScriptsTooLarge' },
  { kind: NoCommandError, reason: 'NoCommand' },
  { kind: ImageLookupError, reason: 'NoCommand' },
];

function podIsGone({ status }: StoredTask): Conclusion {
  const pod = status?.podName === undefined ? 'its pod' : `pod ${status.podName}`;
  const message = `${pod} was deleted before its steps were over`;
  return { status: 'Failure', reason: 'PodDeleted', message, unconfirmed: true };
}

function withPod({ task, events, now }: Seen, pod: ObservedPod, settings: Settings): Decision {
  const chain = observe(task, pod, now);
  const stop = stopOf(pod);
  const known = { task, pod, chain, now };
  const conclusion = conclude({ task, pod, chain, stop }, now);
  if (conclusion !== undefined) return report({ ...known, conclusion });
  const reported = troubleOf(pod, chain);
  const asks = reported === undefined && mayTell(pod, chain, now);
  const shown = asks && events !== undefined ? mountTrouble(task, events.found) : reported;
  const trouble = lastingTrouble(task, chain, shown);
  const failed = culprit(chain, pod);
  if (stop !== undefined) {
    const { reason, message } = stop;
    const stopping: Trouble = { reason, message, ends: 'never' };
    const at = Date.parse(stop.at);
    return {
      ...report({ ...known, trouble: stopping }),
      actions: [
        ...patchPod(endPod(pod, { chain, culprit: failed, trouble, now }, stop)),
        ...(mustGo(pod, { chain, trouble, now }, stop) ? [{ kind: 'delete-pod' } as const] : []),
      ],
      ...soonest(
        now,
        [END_DELAY, STOP_PATIENCE, stopPatience(task)].map((delay) => at + delay).find((due) => due > now),
      ),
    };
  }

  const since = trouble === undefined ? now : troubledSince(task, trouble, now);
  const circumstances = { task, pod, chain, culprit: failed, trouble, since };
  const cause = causeToStop(circumstances, { now, patience: settings.patience });
  if (cause !== undefined) {
    const how = stopPod(pod, { chain, culprit: failed, trouble, now }, cause);
    // Where no node has the pod there is nothing to wait for.
    const last = conclude({ task, pod, chain, stop: cause }, now);
    return {
      ...report({ ...known, stopping: true, trouble: { ...cause, ends: 'never' }, conclusion: last }),
      actions: how === 'delete' ? [{ kind: 'delete-pod' }] : patchPod(how.patch),
      again: END_DELAY,
    };
  }
  const { deletionTimestamp } = pod.metadata;
  return {
    ...report({ ...known, trouble, hold: holdOf(task, pod, chain) }),
    actions: [
      ...patchPod([
        ...tidyStop(pod),
        ...tellOver(pod, chain, { given: chain.never.filter(cannotStart) }),
        ...advance(task, pod, chain),
      ]),
      ...(asks && (events === undefined || now >= events.at + EVENTS_INTERVAL)
        ? [{ kind: 'read-events' } as const]
        : []),
    ],
    ...soonest(
      now,
      deadlineOf(task, pod, chain),
      chain.heard,
      patienceEnds(trouble, since, settings),
      reported === undefined ? nextEvents(pod, chain, { events, now }) : undefined,
      deletionTimestamp === undefined ? undefined : Date.parse(deletionTimestamp) + DELETION_PATIENCE,
    ),
  };
}

function patchPod(patch: JsonPatch): Action[] {
  return patch.length === 0 ? [] : [{ kind: 'patch-pod', patch }];
}

/** When the events of a pod that shows no container are to be read. */
function nextEvents(
  pod: ObservedPod,
  chain: Chain,
  { events, now }: Pick<Seen, 'events' | 'now'>,
): number | undefined {
  if (mayTell(pod, chain, now)) return (events?.at ?? now) + EVENTS_INTERVAL;
  const first = Date.parse(pod.metadata.creationTimestamp ?? '') + EVENTS_INTERVAL;
  return mayTell(pod, chain, first) ? first : undefined;
}

/** The status as it should be, if it is not. */
function report(known: Known): Decision {
  const status = statusOf(known);
  const before = known.task.status;
  if (isDeepStrictEqual(status, before)) return NOTHING;
  const said = (of: TaskStatus | undefined): unknown[] => [
    of?.status ?? 'Pending',
    of?.reason,
    // Only of those that were held: that there are steps is no news.
    of?.steps?.flatMap(({ name, hold, holds = 0 }) =>
      hold === undefined && holds === 0 ? [] : [[name, hold, holds]],
    ) ?? [],
  ];
  return { actions: [], status, urgent: !isDeepStrictEqual(said(status), said(before)) };
}

function patienceEnds(
  trouble: Trouble | undefined,
  since: number,
  { patience }: Settings,
): number | undefined {
  return trouble?.ends === 'patience' ? since + patience : undefined;
}

function soonest(now: number, ...moments: (number | undefined)[]): { again?: number } {
  const future = moments.filter((moment) => moment !== undefined).map((moment) => Math.max(0, moment - now));
  return future.length === 0 ? {} : { again: Math.min(...future) };
}
