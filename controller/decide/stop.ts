/** Stopping a Task before its steps are over: why, and how the pod is told. */
import { parseDuration } from '../../shared/turn/duration.ts';
import { QUIT } from '../../shared/turn/order.ts';
import { condition, STOP_ANNOTATION, type ObservedPod } from '../pod.ts';
import { addAnnotation, setOrder, type JsonPatch } from './patch.ts';
import type { Chain } from './observe.ts';
import type { Trouble } from './trouble.ts';
import type { StoredTask } from '../stored-task.ts';

/** Why a Task was stopped. It is kept on the pod, so that whoever looks next knows as well. */
export interface Stop {
  /** One CamelCase word; `Cancelled` when a person wished it. */
  reason: string;
  message: string;
  /** The step that it is about. */
  step?: string;
  /** When, RFC 3339. */
  at: string;
}

export const CANCELLED = 'Cancelled';
export const TIMED_OUT = 'TimedOut';

/**
 * How long a stopped pod may take to say that its containers are over, ms: the agent's grace and the pod's own, 30 s
 * each, and some for a slow kubelet. Then its node is taken for lost.
 */
export const STOP_PATIENCE = 90_000;

/** What the pod has been told, if it has. Somebody may have written anything there. */
export function stopOf(pod: ObservedPod): Stop | undefined {
  const text = pod.metadata.annotations?.[STOP_ANNOTATION];
  if (text === undefined) return undefined;
  const { reason, message, step, at } = asObject(text);
  return {
    reason: typeof reason === 'string' && reason !== '' ? reason : CANCELLED,
    message: typeof message === 'string' ? message : `annotation ${STOP_ANNOTATION} asks for it`,
    ...(typeof step === 'string' && { step }),
    at: typeof at === 'string' && !Number.isNaN(Date.parse(at)) ? at : new Date(0).toISOString(),
  };
}

function asObject(text: string): Record<keyof Stop, unknown> {
  const nothing = { reason: undefined, message: undefined, step: undefined, at: undefined };
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? { ...nothing, ...value } : nothing;
  } catch {
    return nothing;
  }
}

/** When the Task's time is up, ms since the epoch; `undefined` when it has no limit. */
export function deadlineOf(task: StoredTask, pod: ObservedPod | undefined): number | undefined {
  const limit = task.spec.timeout === undefined ? undefined : parseDuration(task.spec.timeout);
  const begin = pod?.metadata.creationTimestamp ?? task.metadata.creationTimestamp;
  return limit === undefined || begin === undefined || begin === null ? undefined : Date.parse(begin) + limit;
}

interface Circumstances {
  task: StoredTask;
  pod?: ObservedPod | undefined;
  chain?: Chain | undefined;
  trouble: Trouble | undefined;
  since: number;
}

/**
 * Why the Task must be stopped now, if it must.
 *
 * @param since - when the trouble began, ms since the epoch
 */
export function causeToStop(
  { task, pod, chain, trouble, since }: Circumstances,
  { now, patience }: { now: number; patience: number },
): Stop | undefined {
  const at = new Date(now).toISOString();
  if (task.spec.cancel === true) return { reason: CANCELLED, message: 'spec.cancel is true', at };
  // The chain ended, but a container behind it can never start, and so never say that it was skipped.
  if (chain?.stopper !== undefined && trouble?.step !== undefined) {
    const { name } = chain.stopper;
    return { reason: 'StepFailed', message: `step ${name} failed`, step: name, at };
  }
  const deadline = deadlineOf(task, pod);
  if (deadline !== undefined && now >= deadline) {
    const running = chain?.steps.find(({ state }) => state === 'running');
    const step = running?.name ?? trouble?.step;
    const doing = running === undefined ? '' : `; step ${running.number} (${running.name}) was running`;
    const message = `not over within spec.timeout, ${task.spec.timeout}${trouble ? `; ${trouble.message}` : doing}`;
    return { reason: TIMED_OUT, message, ...(step !== undefined && { step }), at };
  }
  const tooLong = trouble?.ends === 'patience' && now - since >= patience;
  if (trouble === undefined || (trouble.ends !== 'now' && !tooLong)) return undefined;
  const { reason, message, step } = trouble;
  return { reason, message, ...(step !== undefined && { step }), at };
}

/**
 * What stops a pod. The agents hear it by the order; containers that do not run yet have no agent, so the kubelet
 * ends those by the deadline. The pod stays, and with it the logs; one that has no node has none, and is deleted.
 */
export function stopPod(pod: ObservedPod, chain: Chain, stop: Stop): { patch: JsonPatch } | 'delete' {
  if (pod.spec?.nodeName === undefined && condition(pod, 'PodScheduled')?.status !== 'True') return 'delete';
  const unborn = chain.steps.some(({ state }) => state === 'absent');
  return {
    patch: [
      ...setOrder(pod, QUIT),
      addAnnotation(STOP_ANNOTATION, JSON.stringify(stop)),
      ...(unborn ? [{ op: 'add' as const, path: '/spec/activeDeadlineSeconds', value: 1 }] : []),
    ],
  };
}
