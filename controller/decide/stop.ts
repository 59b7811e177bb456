/** Stopping a Task before its steps are over: why, and how the pod is told. */
import { parseDuration } from '../../shared/turn/duration.ts';
import { QUIT } from '../../shared/turn/order.ts';
import { hasNode, orderOf, STOP_ANNOTATION, type ObservedPod } from '../pod.ts';
import { addAnnotation, removeAnnotation, setOrder, type JsonPatch } from './patch.ts';
import type { Chain, StepView } from './observe.ts';
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

/**
 * How long containers of a stopped pod that are on their way may take to come up and hear the order, ms. Then the node is
 * told to end the pod, as it is at once where none can come up.
 */
export const END_DELAY = 10_000;

/**
 * Why the pod was stopped, if it was: order and annotation are written together. Somebody may have written anything there;
 * what this controller cannot have written stops nothing.
 */
export function stopOf(pod: ObservedPod): Stop | undefined {
  const text = pod.metadata.annotations?.[STOP_ANNOTATION];
  if (text === undefined || orderOf(pod) !== QUIT) return undefined;
  const { reason, message, step, at } = asObject(text);
  if (typeof reason !== 'string' || reason === '' || typeof message !== 'string') return undefined;
  if (typeof at !== 'string' || Number.isNaN(Date.parse(at))) return undefined;
  return { reason, message, ...(typeof step === 'string' && { step }), at };
}

/** Takes away an annotation that stops nothing. */
export function tidyStop(pod: ObservedPod): JsonPatch {
  const isOurs = pod.metadata.annotations?.[STOP_ANNOTATION] === undefined || stopOf(pod) !== undefined;
  return isOurs ? [] : [removeAnnotation(STOP_ANNOTATION)];
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
  /** The step that failed by itself. */
  culprit?: StepView | undefined;
  trouble: Trouble | undefined;
  since: number;
}

/**
 * Why the Task must be stopped now, if it must.
 *
 * @param since - when the trouble began, ms since the epoch
 */
export function causeToStop(
  { task, pod, chain, culprit, trouble, since }: Circumstances,
  { now, patience }: { now: number; patience: number },
): Stop | undefined {
  const at = new Date(now).toISOString();
  if (task.spec.cancel === true) return { reason: CANCELLED, message: 'spec.cancel is true', at };
  if (culprit !== undefined && (isUnheard(culprit, chain) || trouble?.step !== undefined)) {
    const { name, number } = culprit;
    return { reason: 'StepFailed', message: `step ${number} (${name}) failed`, step: name, at };
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
  if (trouble !== undefined && (trouble.ends === 'now' || tooLong)) {
    const { reason, message, step } = trouble;
    return { reason, message, ...(step !== undefined && { step }), at };
  }
  // Last: this controller may have done it for one of these, and somebody has overwritten why.
  if (pod !== undefined && orderOf(pod) === QUIT) {
    return { reason: CANCELLED, message: `the order of pod ${pod.metadata.name} was set to ${QUIT}`, at };
  }
  return undefined;
}

/**
 * Whether steps wait in vain for a word that the chain has stopped: the step that stopped it, or one behind it, died without
 * one. Where one behind it can never start, nobody says that it was skipped either.
 */
function isUnheard({ number: from }: StepView, chain: Chain | undefined): boolean {
  return chain?.steps.some(({ number, end }) => number >= from && end?.posted === false) ?? false;
}

/**
 * What stops a pod: the agents hear it by the order. The pod stays, and with it the logs; one that has no node has none,
 * and is deleted.
 */
export function stopPod(
  pod: ObservedPod,
  { chain, trouble, now }: Pod,
  stop: Stop,
): { patch: JsonPatch } | 'delete' {
  if (!hasNode(pod)) return 'delete';
  const order = orderOf(pod) === QUIT ? [] : setOrder(pod, QUIT);
  const why = addAnnotation(STOP_ANNOTATION, JSON.stringify(stop));
  return { patch: [...order, why, ...endPod(pod, { chain, trouble, now }, stop)] };
}

interface Pod {
  chain: Chain;
  /** What keeps it from getting on. */
  trouble: Trouble | undefined;
  now: number;
}

/**
 * What makes the node end a stopped pod of which only containers are left that have no agent, so that they hear no order.
 * Not while a step may run: its agent gives the command its grace, and says how it ended.
 */
export function endPod(pod: ObservedPod, { chain, trouble, now }: Pod, stop: Stop): JsonPatch {
  const waits = chain.steps.some(({ state }) => state !== 'absent' && state !== 'over');
  const isTold = pod.spec?.activeDeadlineSeconds === SOON;
  if (waits || chain.over || isTold) return [];
  const isDue = trouble !== undefined || now >= Date.parse(stop.at) + END_DELAY;
  return isDue ? [{ op: 'add', path: '/spec/activeDeadlineSeconds', value: SOON }] : [];
}

/** The least that Kubernetes takes, seconds. */
const SOON = 1;
