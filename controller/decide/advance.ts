/** The order and the gate that a pod should have. */
import { QUIT } from '../../shared/turn/order.ts';
import { GATE_ANNOTATION } from '../../shared/pod/pod.ts';
import { gateOf, orderOf, type ObservedPod } from '../pod.ts';
import type { Chain } from './observe.ts';
import { addAnnotation, removeAnnotation, setOrder, type JsonPatch } from './patch.ts';
import type { StoredTask } from '../stored-task.ts';

/** The gate that holds every step: the order alone releases them. */
const CLOSED = 1;

/**
 * What to change in the order and the gate; empty when the agents need nothing, which is the rule: they hand over
 * among themselves. The controller steps in
 *
 * - with `handOff: Controller`, at every step
 * - when a step ended without a word, so that no agent knows: the order goes past it, or to quit
 * - to hold the steps of a suspended Task, and to let them go
 *
 * A gate above 1 was set by a person; it is kept, and holds.
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
  if (stopper !== undefined) return stopper.end?.posted === true ? order : QUIT;

  const next = done + 1;
  if (next > steps.length || order >= next || task.spec.suspend === true) return order;
  const gate = gateOf(pod);
  if (gate !== undefined && gate > CLOSED && next >= gate) return order;
  const knows = steps[done - 1]?.end?.posted === true;
  return knows && task.spec.handOff !== 'Controller' ? order : next;
}

function moveGate(task: StoredTask, pod: ObservedPod): JsonPatch {
  const gate = gateOf(pod);
  const closed = task.spec.suspend === true || task.spec.handOff === 'Controller';
  if (closed && gate !== CLOSED) return [addAnnotation(GATE_ANNOTATION, String(CLOSED))];
  return !closed && gate === CLOSED ? [removeAnnotation(GATE_ANNOTATION)] : [];
}

/** Whether the step whose turn it is next is held by the Task, or by somebody's gate. */
export function isHeld(task: StoredTask, pod: ObservedPod, { done, steps }: Chain): boolean {
  if (steps.some(({ state }) => state === 'running')) return false;
  if (task.spec.suspend === true) return true;
  const gate = gateOf(pod);
  const next = done + 1;
  return (
    gate !== undefined && gate > CLOSED && next >= gate && next <= steps.length && (orderOf(pod) ?? 0) < next
  );
}
