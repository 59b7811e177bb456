/** What the annotations of a pod say: what its agents are told, and why it was stopped. */
import { GATE_ANNOTATION, ORDER_ANNOTATION, OVER_ANNOTATION, RESUME_ANNOTATION } from '../shared/pod/pod.ts';
import { parseInteger, QUIT } from '../shared/turn/order.ts';
import { NOTHING_OVER, OverError, parseOver, type Over } from '../shared/turn/over.ts';
import { NO_RESUMES, parseResumes, ResumeError, type Resumes } from '../shared/turn/resume.ts';
import type { ObservedPod } from './pod.ts';

/** On the pod, beside an order of -1: why its Task was stopped. Written in one patch with the order, so neither is lost. */
export const STOP_ANNOTATION = 'api.practice.com/stop';

/** The order that the pod's agents see; `undefined` when it cannot be read, so that no step starts by it. */
export function orderOf(pod: ObservedPod): number | undefined {
  return parseInteger(pod.metadata.annotations?.[ORDER_ANNOTATION] ?? '');
}

/** The gate that the pod's agents see: none, a number, or one that cannot be read, which is closed for every step. */
export function gateOf(pod: ObservedPod): number | undefined {
  const text = gateText(pod);
  return text === undefined || text.trim() === '' ? undefined : (parseInteger(text) ?? 0);
}

export function gateText(pod: ObservedPod): string | undefined {
  return pod.metadata.annotations?.[GATE_ANNOTATION];
}

/** What the pod's agents are told; nothing where it cannot be read. */
export function overOf(pod: ObservedPod): Over {
  try {
    return parseOver(pod.metadata.annotations?.[OVER_ANNOTATION] ?? '');
  } catch (error) {
    if (error instanceof OverError) return NOTHING_OVER;
    throw error;
  }
}

/** What the pod's held steps were told; nothing where it cannot be read, as its agents take it. */
export function resumesOf(pod: ObservedPod): Resumes {
  try {
    return parseResumes(pod.metadata.annotations?.[RESUME_ANNOTATION] ?? '');
  } catch (error) {
    if (error instanceof ResumeError) return NO_RESUMES;
    throw error;
  }
}

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
export const STEP_FAILED = 'StepFailed';
export const TIMED_OUT = 'TimedOut';

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

function asObject(text: string): Record<keyof Stop, unknown> {
  const nothing = { reason: undefined, message: undefined, step: undefined, at: undefined };
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? { ...nothing, ...value } : nothing;
  } catch {
    return nothing;
  }
}
