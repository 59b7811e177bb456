/** Task + pod → what each step is doing. */
import { QUIT } from '../../shared/turn/order.ts';
import type { StepStatus } from '../../shared/task/task.ts';
import { defined } from '../defined.ts';
import { gateOf, isEnded, orderOf, type ContainerStatus, type ObservedPod } from '../pod.ts';
import { endOf, goesOn, type End, type MayFail } from './end.ts';
import { lostWith, neverBegan, stoppedWith } from './lost.ts';
import { stopOf, type Stop } from './stop.ts';
import type { StoredTask } from '../stored-task.ts';

/** One step of a pod. */
export interface StepView {
  name: string;
  /** From 1. */
  number: number;
  /**
   * What is known of it:
   *
   * - `absent`: its node has not said that the container runs. It may, until the node has said how it ended
   * - `waiting`: its agent runs, and waits for its turn
   * - `unsure`: its agent runs, and whether it has begun nobody can tell from here
   * - `running`: it has begun
   * - `over`: the container ended
   */
  state: 'absent' | 'waiting' | 'unsure' | 'running' | 'over';
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

/** The reason of a step of which it is not known whether it has begun. */
export const NOT_KNOWN = 'NotKnown';

/**
 * What the steps of a Task are doing. Statuses are found by name: the kubelet sorts them by it.
 *
 * @example observe(task, pod).steps[0].state // 'running'
 */
export function observe(task: StoredTask, pod: ObservedPod): Chain {
  const statuses = new Map(pod.status?.containerStatuses?.map((status) => [status.name, status]));
  const stop = stopOf(pod);
  const steps: StepView[] = [];
  for (const [index, step] of task.spec.steps.entries()) {
    const status = statuses.get(step.name);
    const known = task.status?.steps?.find(({ name }) => name === step.name);
    const onError = step.onError ?? task.spec.stepTemplate?.onError;
    const around = { status, before: steps.at(-1), pod, known, stop };
    steps.push(viewOf({ name: step.name, onError }, index + 1, around));
  }
  const stuck = steps.findIndex(({ end }) => end === undefined || !goesOn(end));
  return {
    steps,
    done: stuck < 0 ? steps.length : stuck,
    stopper: steps.find(({ end }) => end !== undefined && !goesOn(end)),
    over: steps.every(({ state }) => state === 'over'),
  };
}

export interface Surroundings {
  status: ContainerStatus | undefined;
  before: StepView | undefined;
  pod: ObservedPod;
  /** What the Task's status has of it already. */
  known: StepStatus | undefined;
  /** Why the pod was stopped, when it was. */
  stop: Stop | undefined;
}

function viewOf(step: MayFail & { name: string }, number: number, around: Surroundings): StepView {
  const { status, before, pod, known, stop } = around;
  const { name } = step;
  const image = status?.imageID ? { imageID: status.imageID } : {};
  const { terminated, running, waiting } = status?.state ?? {};
  const over = (end: End): StepView => ({ name, number, state: 'over', end, ...image });
  const isLost = terminated?.reason === 'ContainerStatusUnknown';
  if (terminated === undefined || isLost) {
    // What was seen once is so, though the kubelet, or a node's whole memory of the pod, has lost it since.
    const end = known && remembered(known);
    if (end !== undefined) return over(end);
  }
  // A pod that is evicted, or refused by its node, ends without a word about its containers.
  if (isLost || (terminated === undefined && isEnded(pod))) return over(lostWith(number, around));
  if (terminated !== undefined) {
    const end = endOf(terminated, step);
    return over(stoppedWith(neverBegan(end, number, around), stop, name));
  }
  if (running === undefined) {
    return { name, number, state: 'absent', ...(waiting && { waiting }), ...image };
  }
  const state = turnOf(number, running.startedAt, around);
  const since = state === 'running' ? latest(running.startedAt, before?.end?.finishedAt) : undefined;
  return { name, number, state, ...(since !== undefined && { since }), ...image };
}

function remembered(known: StepStatus): End | undefined {
  const { state, exitCode, signal, reason, message, startedAt, finishedAt, attempts, results } = known;
  if (state === 'Waiting' || state === 'Running') return undefined;
  const rest = { exitCode, signal, message, startedAt, finishedAt, attempts, results };
  return { outcome: state, reason: reason ?? state, posted: true, ...defined(rest) };
}

/**
 * Whether a step whose agent runs has begun. What the annotations say now may be news that its agent has not heard, or had
 * not when its turn came; so the gate counts that the predecessor's agent saw, in the same files, when it was over.
 */
function turnOf(
  number: number,
  startedAt: string | undefined,
  { before, pod, known }: Surroundings,
): 'waiting' | 'unsure' | 'running' {
  if (known?.state === 'Running' && known.reason !== NOT_KNOWN) return 'running';
  const order = orderOf(pod);
  if (order !== undefined && order >= number) return 'running';
  const isOpen = order !== undefined && order !== QUIT && (gateOf(pod) ?? Infinity) > number;
  if (number === 1) return isOpen ? 'running' : 'unsure';
  const end = before?.end;
  // Only an agent's outcome hands over.
  if (end === undefined || !end.posted || !goesOn(end)) return 'waiting';
  if (isOpen) return 'running';
  const { gate, cut, finishedAt } = end;
  if (gate === undefined) return cut === true ? 'unsure' : 'waiting';
  if (gate <= number) return 'waiting';
  const wasThere =
    startedAt !== undefined && finishedAt !== undefined && Date.parse(startedAt) <= Date.parse(finishedAt);
  return wasThere ? 'running' : 'unsure';
}

function latest(...times: (string | undefined)[]): string | undefined {
  return times
    .filter((time) => time !== undefined)
    .toSorted((one, other) => Date.parse(one) - Date.parse(other))
    .at(-1);
}
