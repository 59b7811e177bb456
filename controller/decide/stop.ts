/** Stopping a Task before its steps are over: why, and how the pod is told. */
import {
  CANCELLED,
  orderOf,
  STEP_FAILED,
  STOP_ANNOTATION,
  stopOf,
  TIMED_OUT,
  type Stop,
} from '../annotations.ts';
import { finallyTime } from '../../shared/task/finally.ts';
import { parseDuration } from '../../shared/turn/duration.ts';
import { QUIT } from '../../shared/turn/order.ts';
import { ancestorsOf } from '../../shared/task/graph.ts';
import { hasNode, isUnmade, type ObservedPod } from '../pod.ts';
import { addAnnotation, removeAnnotation, setOrder, type JsonPatch } from './patch.ts';
import type { Chain, StepView } from './observe.ts';
import { tellOver } from './over.ts';
import { stuckBy, type Trouble } from './trouble.ts';
import type { StoredTask } from '../stored-task.ts';

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

/** Takes away an annotation that stops nothing. */
export function tidyStop(pod: ObservedPod): JsonPatch {
  const isOurs = pod.metadata.annotations?.[STOP_ANNOTATION] === undefined || stopOf(pod) !== undefined;
  return isOurs ? [] : [removeAnnotation(STOP_ANNOTATION)];
}

/** How long a stopped pod may take in all, ms: its steps of `finally` run to their end. */
export function stopPatience(task: StoredTask): number {
  return STOP_PATIENCE + finallyTime(task.spec);
}

/**
 * When the Task's time is up, ms since the epoch; `undefined` when it has no limit, or only steps of `finally` are left: they
 * have limits of their own.
 */
export function deadlineOf(
  task: StoredTask,
  pod: ObservedPod | undefined,
  chain: Chain | undefined,
): number | undefined {
  const limit = task.spec.timeout === undefined ? undefined : parseDuration(task.spec.timeout);
  const begin = pod?.metadata.creationTimestamp ?? task.metadata.creationTimestamp;
  const isInTime = chain?.steps.every(({ always, end }) => always || end !== undefined) ?? false;
  if (limit === undefined || begin === undefined || begin === null || isInTime) return undefined;
  return Date.parse(begin) + limit;
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
  if (culprit !== undefined && chain !== undefined && mustEnd(task, chain, culprit)) {
    const { name, number } = culprit;
    return { reason: STEP_FAILED, message: `step ${number} (${name}) failed`, step: name, at };
  }
  const deadline = deadlineOf(task, pod, chain);
  if (deadline !== undefined && now >= deadline) {
    const running = ['running', 'held'].flatMap(
      (wanted) => chain?.steps.find(({ state }) => state === wanted) ?? [],
    )[0];
    const step = running?.name ?? trouble?.step;
    const doing = running && `; step ${running.number} (${running.name}) was ${running.state}`;
    const message = `not over within spec.timeout, ${task.spec.timeout}${trouble ? `; ${trouble.message}` : (doing ?? '')}`;
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
 * Whether a failure ends what is left of the Task. What comes after the failed step skips by itself, once its container is
 * there to do so; where none can start the node has to be told. A step that died before its turn leaves those before it
 * without a purpose.
 */
function mustEnd({ spec }: StoredTask, { steps, never }: Chain, { number }: StepView): boolean {
  const open = steps.filter(({ end }) => end === undefined);
  const others = open.filter((view) => !view.always && !never.includes(view));
  if (others.length === 0) return open.length > 0 && open.every(cannotStart);
  const before = ancestorsOf(
    steps.map(({ after }) => after),
    number,
  );
  return spec.failFast === true || others.every((view) => before.includes(view.number));
}

/** Its container is not there, and the node says why it cannot be made. */
export function cannotStart({ state, waiting }: StepView): boolean {
  return state === 'absent' && stuckBy(waiting) !== undefined;
}

/**
 * What stops a pod: the agents hear it by the order. The pod stays, and with it the logs; one that has no node has none,
 * and is deleted.
 */
export function stopPod(
  pod: ObservedPod,
  { chain, culprit, trouble, now }: Pod,
  stop: Stop,
): { patch: JsonPatch } | 'delete' {
  if (!hasNode(pod)) return 'delete';
  const order = orderOf(pod) === QUIT ? [] : setOrder(pod, QUIT);
  const why = addAnnotation(STOP_ANNOTATION, JSON.stringify(stop));
  return { patch: [...order, why, ...endPod(pod, { chain, culprit, trouble, now }, stop)] };
}

interface Pod {
  chain: Chain;
  /** The step that failed by itself. */
  culprit: StepView | undefined;
  /** What keeps it from getting on. */
  trouble: Trouble | undefined;
  now: number;
}

/**
 * What ends a stopped pod. Containers that have no agent, because they cannot start or have not in time, hear no order: they
 * are given up, and the steps of `finally` are told so. Once only such are left the node is to end the pod; not while a
 * step may run: its agent gives the command its grace, and says how it ended.
 */
export function endPod(pod: ObservedPod, { chain, culprit, trouble, now }: Pod, stop: Stop): JsonPatch {
  const { steps, over } = chain;
  const isTold = pod.spec?.activeDeadlineSeconds === SOON;
  if (over || isTold) return [];
  const given = isDue({ chain, trouble, now }, stop)
    ? steps.filter(({ state, always }) => state === 'absent' && !always)
    : [];
  const outcome = stop.reason === CANCELLED && culprit === undefined ? 'Cancelled' : 'Failure';
  return [
    ...(steps.some(({ always, end }) => always && end === undefined)
      ? tellOver(pod, chain, { given, outcome })
      : []),
    ...(isGivenUp({ chain, trouble, now }, stop) && !isUnmade(pod)
      ? [{ op: 'add', path: '/spec/activeDeadlineSeconds', value: SOON } as const]
      : []),
  ];
}

/**
 * Whether a stopped pod is to be deleted: a node that waits for a volume looks at no deadline for minutes. There is no log to
 * lose, and the node says how it ended before the pod is gone.
 */
export function mustGo(pod: ObservedPod, at: Pick<Pod, 'chain' | 'trouble' | 'now'>, stop: Stop): boolean {
  return pod.metadata.deletionTimestamp === undefined && isUnmade(pod) && isGivenUp(at, stop);
}

/** Whether containers that are not there have had their time, or cannot come. */
function isDue({ chain, trouble, now }: Pick<Pod, 'chain' | 'trouble' | 'now'>, { at }: Stop): boolean {
  return trouble !== undefined || chain.steps.some(cannotStart) || now >= Date.parse(at) + END_DELAY;
}

/** Whether only such containers are left of a stopped pod. */
function isGivenUp(known: Pick<Pod, 'chain' | 'trouble' | 'now'>, stop: Stop): boolean {
  const { steps, over } = known.chain;
  const waits = steps.some(({ state }) => state !== 'absent' && state !== 'over');
  // What is to run has the time that any stopped pod has.
  const isLost = ({ always, name }: StepView): boolean =>
    !always || name === stop.step || known.now >= Date.parse(stop.at) + STOP_PATIENCE;
  const absent = steps.filter(({ state }) => state === 'absent');
  return !over && isDue(known, stop) && !waits && absent.every(isLost);
}

/** The least that Kubernetes takes, seconds. */
const SOON = 1;
