/** Task + pod → what each step is doing. */
import { QUIT, turn } from '../../shared/turn/order.ts';
import type { StepStatus } from '../../shared/task/task.ts';
import { defined } from '../defined.ts';
import { gateOf, isEnded, orderOf, type ContainerStatus, type ObservedPod } from '../pod.ts';
import { endOf, goesOn, type End, type MayFail } from './end.ts';
import type { StoredTask } from '../stored-task.ts';

/** One step of a pod. */
export interface StepView {
  name: string;
  /** From 1. */
  number: number;
  /**
   * - `absent`: the container does not run yet
   * - `waiting`: its agent does, and waits for its turn
   * - `running`: it is its turn
   * - `over`: the container ended
   */
  state: 'absent' | 'waiting' | 'running' | 'over';
  /** Of a step that is over. */
  end?: End;
  /** Of a step that is running: when it can have begun, at the earliest. */
  since?: string;
  /** Why the container does not run yet, in the kubelet's words. */
  waiting?: { reason?: string; message?: string };
  imageID?: string;
}

/** All steps, in the order in which they run. */
export interface Chain {
  steps: readonly StepView[];
  /** How many steps, counted from the first, are over and let the chain go on. */
  done: number;
  /** The first step that is over and stops the chain. */
  stopper: StepView | undefined;
  /** Whether every step is over. */
  over: boolean;
}

/**
 * What the steps of a Task are doing. Statuses are found by name: the kubelet sorts them by it.
 *
 * @example observe(task, pod).steps[0].state // 'running'
 */
export function observe(task: StoredTask, pod: ObservedPod): Chain {
  const statuses = new Map(pod.status?.containerStatuses?.map((status) => [status.name, status]));
  const steps: StepView[] = [];
  for (const [index, step] of task.spec.steps.entries()) {
    const status = statuses.get(step.name);
    const known = task.status?.steps?.find(({ name }) => name === step.name);
    const onError = step.onError ?? task.spec.stepTemplate?.onError;
    steps.push(viewOf({ name: step.name, onError }, index + 1, { status, before: steps.at(-1), pod, known }));
  }
  const stuck = steps.findIndex(({ end }) => end === undefined || !goesOn(end));
  return {
    steps,
    done: stuck < 0 ? steps.length : stuck,
    stopper: steps.find(({ end }) => end !== undefined && !goesOn(end)),
    over: steps.every(({ state }) => state === 'over'),
  };
}

interface Surroundings {
  status: ContainerStatus | undefined;
  before: StepView | undefined;
  pod: ObservedPod;
  /** What the Task's status has of it already. */
  known: StepStatus | undefined;
}

function viewOf(
  step: MayFail & { name: string },
  number: number,
  { status, before, pod, known }: Surroundings,
): StepView {
  const { name } = step;
  const image = status?.imageID ? { imageID: status.imageID } : {};
  const { terminated, running, waiting } = status?.state ?? {};
  if (terminated === undefined || terminated.reason === 'ContainerStatusUnknown') {
    // What was seen once is so, though the kubelet, or a node's whole memory of the pod, has lost it since.
    const end = known && remembered(known);
    if (end !== undefined) return { name, number, state: 'over', end, ...image };
  }
  if (terminated !== undefined) {
    return { name, number, state: 'over', end: endOf(terminated, step), ...image };
  }
  // A pod that is evicted, or refused by its node, ends without a word about its containers.
  if (isEnded(pod)) return { name, number, state: 'over', end: lostWith(pod), ...image };
  if (running === undefined) {
    return { name, number, state: 'absent', ...(waiting && { waiting }), ...image };
  }
  const itsTurn = orderOf(pod) === QUIT ? known?.state === 'Running' : hasItsTurn(number, before, pod);
  if (!itsTurn) return { name, number, state: 'waiting', ...image };
  const since = latest(running.startedAt, before?.end?.finishedAt);
  return { name, number, state: 'running', ...(since !== undefined && { since }), ...image };
}

function lostWith({ status = {} }: ObservedPod): End {
  const { reason = 'PodFailed', message = 'the pod ended before the step did' } = status;
  return { outcome: 'Error', reason, message, posted: false };
}

function remembered(known: StepStatus): End | undefined {
  const { state, exitCode, signal, reason, message, startedAt, finishedAt, attempts, results } = known;
  if (state === 'Waiting' || state === 'Running') return undefined;
  const rest = { exitCode, signal, message, startedAt, finishedAt, attempts, results };
  return { outcome: state, reason: reason ?? state, posted: true, ...defined(rest) };
}

/** The agents' own decision, from what the controller can see. */
function hasItsTurn(number: number, before: StepView | undefined, pod: ObservedPod): boolean {
  const end = before?.end?.posted === true ? before.end : undefined;
  const predecessors = number === 1 ? [] : [end];
  return turn(number, { order: orderOf(pod), gate: gateOf(pod), predecessors }).kind === 'run';
}

function latest(...times: (string | undefined)[]): string | undefined {
  return times
    .filter((time) => time !== undefined)
    .toSorted((one, other) => Date.parse(one) - Date.parse(other))
    .at(-1);
}
