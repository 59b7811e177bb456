/** The order and the gate that a pod should have. */
import { gateOf, gateText, orderOf } from '../annotations.ts';
import { QUIT } from '../../shared/turn/order.ts';
import { GATE_ANNOTATION, gateFor } from '../../shared/pod/pod.ts';
import { hasNode, type ObservedPod } from '../pod.ts';
import { among, type Chain, type StepView } from './observe.ts';
import { addAnnotation, removeAnnotation, setOrder, type JsonPatch } from './patch.ts';
import type { StoredTask } from '../stored-task.ts';

/**
 * What to change in the order and the gate; empty when the agents need nothing, which is the rule: they hand over
 * among themselves. The controller steps in
 *
 * - with `handOff: Controller`, at every step
 * - to hold the steps of a suspended Task, and to let them go
 *
 * Any other gate was set by a person; it is kept, and holds.
 */
export function advance(task: StoredTask, pod: ObservedPod, chain: Chain): JsonPatch {
  const order = orderOf(pod);
  if (order === QUIT || chain.over) return [];
  const wanted = wantedOrder(task, pod, chain);
  return [...(wanted === order ? [] : setOrder(pod, wanted)), ...moveGate(task, pod)];
}

function wantedOrder(task: StoredTask, pod: ObservedPod, chain: Chain): number {
  const { steps, next } = chain;
  // One that cannot be read holds every step; nothing that was released before is taken back by this.
  const order = orderOf(pod) ?? steps.findIndex(({ end }) => end === undefined);
  if (task.spec.suspend === true || task.spec.handOff !== 'Controller') return order;
  const last = releasable(chain);
  // The first step starts by itself; another that nothing comes before is not released for good until it is there.
  const wanted = next.filter(
    ({ number, after, state }) => number > 1 && number <= last && (after.length > 0 || state !== 'absent'),
  );
  return Math.max(order, ...wanted.map(({ number }) => number));
}

/** The highest order that starts no step before its turn: it releases every step up to its value. */
function releasable({ steps, next }: Chain): number {
  const early = steps.find((view) => view.end === undefined && !next.includes(view));
  return early === undefined ? steps.length : early.number - 1;
}

function moveGate(task: StoredTask, pod: ObservedPod): JsonPatch {
  const wanted = gateFor(task.spec);
  if (wanted === undefined)
    return gateText(pod) === undefined || isSomebodys(task, pod) ? [] : [removeAnnotation(GATE_ANNOTATION)];
  return wanted === gateOf(pod) ? [] : [addAnnotation(GATE_ANNOTATION, String(wanted))];
}

/** Whether the gate is one that a person set. The gate 1 is the Task's own, and so is that of a Task that hands off. */
function isSomebodys({ spec }: StoredTask, pod: ObservedPod): boolean {
  const gate = gateOf(pod);
  return gate !== undefined && gate !== 1 && spec.handOff !== 'Controller';
}

/** Why no further step starts. */
export interface Hold {
  message: string;
  /** The steps that may have begun all the same: nobody can tell from here whether their node had heard of it. */
  unless?: readonly StepView[];
}

/** What holds the steps whose turn it is; `undefined` when nothing does, or a step runs. */
export function holdOf(task: StoredTask, pod: ObservedPod, chain: Chain): Hold | undefined {
  const { steps } = chain;
  // Those that are held have had their turn.
  const next = chain.next.filter(({ state }) => state !== 'held');
  const order = orderOf(pod) ?? 0;
  if (next.length === 0 || next.some(({ number }) => order >= number)) return undefined;
  if (steps.some(({ state }) => state === 'running')) return undefined;
  const gate = gateOf(pod);
  const suspended = task.spec.suspend === true;
  const isHeld = ({ number }: StepView): boolean =>
    suspended || (gate !== undefined && isSomebodys(task, pod) && number >= gate);
  if (!next.every(isHeld)) return undefined;
  const message = suspended
    ? 'spec.suspend is true'
    : `held by the gate of pod ${pod.metadata.name}, ${JSON.stringify(gateText(pod))}; take the annotation ${GATE_ANNOTATION} away to go on`;

  const hasHeard = ({ number, state, after }: StepView): boolean => {
    const met = among(steps, after).map(({ end }) => end?.gate);
    return (
      state === 'waiting' ||
      (gate !== undefined && gate <= number && !hasNode(pod)) ||
      met.some((each) => each !== undefined && each <= number)
    );
  };
  const deaf = next.filter((view) => !hasHeard(view));
  return { message, ...(deaf.length > 0 && { unless: deaf }) };
}
