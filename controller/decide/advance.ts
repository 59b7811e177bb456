/** The order and the gate that a pod should have. */
import { QUIT } from '../../shared/turn/order.ts';
import { GATE_ANNOTATION, gateFor } from '../../shared/pod/pod.ts';
import { gateOf, gateText, hasNode, orderOf, type ObservedPod } from '../pod.ts';
import type { Chain } from './observe.ts';
import { addAnnotation, removeAnnotation, setOrder, type JsonPatch } from './patch.ts';
import type { StoredTask } from '../stored-task.ts';

/**
 * What to change in the order and the gate; empty when the agents need nothing, which is the rule: they hand over
 * among themselves. The controller steps in
 *
 * - with `handOff: Controller`, at every step
 * - when a step ended without a word and may fail, so that no agent knows: the order goes past it
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
  const { done, steps, stopper } = chain;
  // One that cannot be read holds every step; nothing that was released before is taken back by this.
  const order = orderOf(pod) ?? done;
  const next = done + 1;
  if (stopper !== undefined || next > steps.length || order >= next || task.spec.suspend === true)
    return order;
  const gate = gateOf(pod);
  if (gate !== undefined && isSomebodys(task, pod) && next >= gate) return order;
  // The first step starts by itself, and hands over, if nobody else does.
  const knows = done === 0 || (steps[done - 1]?.end?.posted === true && task.spec.handOff !== 'Controller');
  return knows ? order : next;
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
  /** The step that may have begun all the same: nobody can tell from here whether its node had heard of it. */
  unless?: string;
}

/** What holds the step whose turn it is next; `undefined` when nothing does, or a step runs. */
export function holdOf(task: StoredTask, pod: ObservedPod, chain: Chain): Hold | undefined {
  const { done, steps, stopper, over } = chain;
  const next = done + 1;
  const view = steps[done];
  if (over || stopper !== undefined || view === undefined || (orderOf(pod) ?? 0) >= next) return undefined;
  if (steps.some(({ state }) => state === 'running')) return undefined;
  const gate = gateOf(pod);
  const suspended = task.spec.suspend === true;
  if (!suspended && !(gate !== undefined && isSomebodys(task, pod) && next >= gate)) return undefined;
  const message = suspended
    ? 'spec.suspend is true'
    : `held by the gate of pod ${pod.metadata.name}, ${JSON.stringify(gateText(pod))}; take the annotation ${GATE_ANNOTATION} away to go on`;

  const isClosed = gate !== undefined && gate <= next;
  const met = steps[done - 1]?.end?.gate;
  const heard = view.state === 'waiting' || (isClosed && !hasNode(pod)) || (met !== undefined && met <= next);
  return { message, ...(!heard && { unless: `step ${next} (${view.name})` }) };
}
