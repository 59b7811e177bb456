/** Task + pod → what each step is doing. */
import { gateOf, orderOf, overOf, resumesOf, stopOf, type Stop } from '../annotations.ts';
import { everyStep } from '../../shared/task/finally.ts';
import { ancestorsOf, predecessorsOf } from '../../shared/task/graph.ts';
import { QUIT } from '../../shared/turn/order.ts';
import type { Over } from '../../shared/turn/over.ts';
import type { StepStatus, TaskSpec } from '../../shared/task/task.ts';
import { defined } from '../defined.ts';
import { isEnded, type ContainerStatus, type ObservedPod } from '../pod.ts';
import { endOf, goesOn, type End, type MayFail } from './end.ts';
import { holdsOf, type Held, type Holds } from './held.ts';
import { lostWith, neverBegan, stoppedWith } from './lost.ts';
import type { StoredTask } from '../stored-task.ts';

/** One step of a pod. */
export interface StepView {
  name: string;
  /** From 1. */
  number: number;
  /** The numbers of those that must be over before it begins. */
  after: readonly number[];
  /** Whether it runs whatever became of those: one of `finally`. */
  always: boolean;
  /**
   * What is known of it:
   *
   * - `absent`: its node has not said that the container runs. It may, until the node has said how it ended
   * - `waiting`: its agent runs, and waits for its turn
   * - `unsure`: its agent runs, and whether it has begun nobody can tell from here
   * - `running`: it has begun
   * - `held`: it is held before its command or after it, until a Resume says how it goes on
   * - `over`: the container ended
   */
  state: 'absent' | 'waiting' | 'unsure' | 'running' | 'held' | 'over';
  /** Of a step that is held. */
  held?: Held;
  /** How many of its holds are over; absent for none. */
  holds?: number;
  /** Of a step that is over. */
  end?: End;
  /** Of a step that is running, or held: when it can have begun, at the earliest. */
  since?: string;
  /** Why the container does not run yet, in the kubelet's words. */
  waiting?: { reason?: string; message?: string };
  imageID?: string;
}

/** All steps, in the order in which they are written. A plain chain is a graph too. */
export interface Chain {
  steps: readonly StepView[];
  /** Those whose turn it is: they are not over, and all that come before them are and let them go on. */
  next: readonly StepView[];
  /** Those whose turn will not come: they are not over, and one that comes before them stopped them. */
  never: readonly StepView[];
  /** The first step that is over and stops what comes after it. */
  stopper: StepView | undefined;
  /** Whether every step is over. */
  over: boolean;
  /** Why the pod was stopped, when it was. */
  stop: Stop | undefined;
  /** When a step that was told to go on is to have heard it, ms since the epoch. */
  heard: number | undefined;
}

/** The reason of a step of which it is not known whether it has begun. */
export const NOT_KNOWN = 'NotKnown';

/**
 * What the steps of a Task are doing. Statuses are found by name: the kubelet sorts them by it.
 *
 * @param now - ms since the epoch
 * @example observe(task, pod, now).steps[0].state // 'running'
 */
export function observe(task: StoredTask, pod: ObservedPod, now: number): Chain {
  const statuses = new Map(pod.status?.containerStatuses?.map((status) => [status.name, status]));
  const stop = stopOf(pod);
  const told = overOf(pod).steps;
  const resumes = resumesOf(pod).steps;
  const predecessors = predecessorsOf(task.spec);
  const steps: StepView[] = [];
  let heard: number | undefined;
  for (const [index, step] of everyStep(task.spec).entries()) {
    const after = predecessors[index] ?? [];
    const status = statuses.get(step.name);
    const known = task.status?.steps?.find(({ name }) => name === step.name);
    const onError = step.onError ?? task.spec.stepTemplate?.onError;
    const before = steps.filter(({ number }) => after.includes(number));
    const always = index >= task.spec.steps.length;
    const { name, pause } = step;
    const given = resumes.get(index + 1) ?? [];
    const holds = pause && holdsOf({ pause, status, given, known }, now);
    const around = { status, before, always, told, handOff: task.spec.handOff, pod, known, stop, holds };
    if (holds?.until !== undefined) heard = Math.min(heard ?? Infinity, holds.until);
    steps.push({ name, number: index + 1, after, always, ...seenOf({ name, onError }, index + 1, around) });
  }
  const open = steps
    .filter(({ end }) => end === undefined)
    .map((view) => ({ view, before: among(steps, ancestorsOf(predecessors, view.number)) }));
  return {
    steps,
    next: open
      .filter(({ view, before }) => before.every((each) => letsGo(each, view)))
      .map(({ view }) => view),
    never: open.filter(({ view, before }) => !view.always && before.some(stops)).map(({ view }) => view),
    stopper: steps.find(stops),
    over: steps.every(({ state }) => state === 'over'),
    stop,
    heard,
  };
}

/** Whether it is over, so that what comes after it does not begin. */
function stops({ end }: StepView): boolean {
  return end !== undefined && !goesOn(end);
}

/** Whether a step is over, and another one that comes after it may begin. */
function letsGo({ end }: StepView, { always }: Pick<StepView, 'always'>): boolean {
  return end !== undefined && (always || goesOn(end));
}

/** The steps with these numbers. */
export function among(steps: readonly StepView[], numbers: readonly number[]): StepView[] {
  return numbers.flatMap((number) => steps[number - 1] ?? []);
}

export interface Surroundings {
  status: ContainerStatus | undefined;
  /** Its predecessors. */
  before: readonly StepView[];
  /** Whether it runs whatever became of those. */
  always: boolean;
  /** What the agents are told of steps that said nothing, by their numbers. */
  told: Over['steps'];
  handOff: TaskSpec['handOff'];
  pod: ObservedPod;
  /** What the Task's status has of it already. */
  known: StepStatus | undefined;
  /** Why the pod was stopped, when it was. */
  stop: Stop | undefined;
  /** Its holds; absent for a step that cannot be held. */
  holds: Holds | undefined;
}

type Seen = Omit<StepView, 'name' | 'number' | 'after' | 'always'>;

function seenOf(step: MayFail & { name: string }, number: number, around: Surroundings): Seen {
  const { status, before, pod, known, stop } = around;
  const image = status?.imageID ? { imageID: status.imageID } : {};
  const { terminated, running, waiting } = status?.state ?? {};
  const over = (end: End): Seen => ({ state: 'over', end, ...image });
  const isLost = terminated?.reason === 'ContainerStatusUnknown';
  if (terminated === undefined || isLost) {
    // What was seen once is so, though the kubelet, or a node's whole memory of the pod, has lost it since.
    const end = known && remembered(known);
    if (end !== undefined) return over(end);
  }
  // A pod that is evicted, or refused by its node, ends without a word about its containers.
  if (isLost || (terminated === undefined && isEnded(pod))) return over(lostWith(around));
  if (terminated !== undefined) {
    const end = begunAs(known, endOf(terminated, step));
    return over(stoppedWith(neverBegan(end, around), stop, step.name));
  }
  if (running === undefined) {
    return { state: 'absent', ...(waiting && { waiting }), ...image };
  }
  const { begun, over: times = 0 } = around.holds ?? {};
  // One that is to be stopped waits for nobody any more.
  const held = stop === undefined ? around.holds?.held : undefined;
  const state = held === undefined ? turnOf(number, running.startedAt, around) : 'held';
  const starts = [...before.map(({ end }) => end?.finishedAt), begun];
  const since = state === 'running' || state === 'held' ? latest(running.startedAt, ...starts) : undefined;
  return { state, ...defined({ since, held, holds: times > 0 ? times : undefined }), ...image };
}

/** A step that died without a word has begun if it was seen to. */
function begunAs(known: StepStatus | undefined, end: End): End {
  const { state, reason, startedAt } = known ?? {};
  const wasOpen = state === 'Running' || state === 'Paused';
  const wasSeen = wasOpen && reason !== NOT_KNOWN && startedAt !== undefined;
  return wasSeen && !end.posted ? { ...end, startedAt } : end;
}

function remembered(known: StepStatus): End | undefined {
  const { state, exitCode, signal, reason, message, startedAt, finishedAt, attempts, results } = known;
  if (state === 'Waiting' || state === 'Running' || state === 'Paused') return undefined;
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
  { before, always, told, handOff, pod, known, holds }: Surroundings,
): 'waiting' | 'unsure' | 'running' {
  if (holds?.isBefore === true) return 'waiting';
  // One that was held after its command has begun.
  const wasHeld = known?.state === 'Paused' && known.hold !== 'Before';
  if (wasHeld || (known?.state === 'Running' && known.reason !== NOT_KNOWN)) return 'running';
  const order = orderOf(pod);
  if (order !== undefined && order >= number) return 'running';
  const isQuit = order === QUIT && always;
  const isOpen = isQuit || (order !== undefined && order !== QUIT && (gateOf(pod) ?? Infinity) > number);
  // With the gate that such a pod is born with, only the first can have begun.
  if (before.length === 0)
    return isOpen ? 'running' : number > 1 && handOff === 'Controller' ? 'waiting' : 'unsure';
  // Only an agent's outcome hands over, or what is told in its place.
  const isHandedOver = before.every(
    (view) => letsGo(view, { always }) && (view.end?.posted === true || told.has(view.number)),
  );
  if (!isHandedOver) return 'waiting';
  if (isOpen) return 'running';
  const { gate, cut, finishedAt } = lastOf(before.flatMap(({ end = [] }) => end)) ?? {};
  if (gate === undefined) return cut === true ? 'unsure' : 'waiting';
  if (gate <= number) return 'waiting';
  const wasThere =
    startedAt !== undefined && finishedAt !== undefined && Date.parse(startedAt) <= Date.parse(finishedAt);
  return wasThere ? 'running' : 'unsure';
}

/** The one that was over last. */
function lastOf(ends: readonly End[]): End | undefined {
  return ends.toSorted((one, other) => timeOf(one) - timeOf(other)).at(-1);
}

const timeOf = ({ finishedAt = '' }: End): number => Date.parse(finishedAt) || 0;

function latest(...times: (string | undefined)[]): string | undefined {
  return times
    .filter((time) => time !== undefined)
    .toSorted((one, other) => Date.parse(one) - Date.parse(other))
    .at(-1);
}
