/** JSON Patches of a pod's annotations (RFC 6902, JSON Pointer RFC 6901). */
import { ORDER_ANNOTATION } from '../../shared/pod/pod.ts';
import type { ObservedPod } from '../pod.ts';

export type JsonPatch = readonly (
  { op: 'add' | 'replace' | 'test'; path: string; value: unknown } | { op: 'remove'; path: string }
)[];

/**
 * The order, moved from what was seen to another value. What was seen is tested in the same patch: should somebody
 * else have moved it, nothing is changed, and we look again. So it never goes down but to quit.
 */
export function setOrder(pod: ObservedPod, order: number): JsonPatch {
  const path = pathOf(ORDER_ANNOTATION);
  const seen = pod.metadata.annotations?.[ORDER_ANNOTATION];
  const value = String(order);
  if (seen === undefined) return [{ op: 'add', path, value }];
  return [
    { op: 'test', path, value: seen },
    { op: 'replace', path, value },
  ];
}

export function addAnnotation(name: string, value: string): JsonPatch[number] {
  return { op: 'add', path: pathOf(name), value };
}

export function removeAnnotation(name: string): JsonPatch[number] {
  return { op: 'remove', path: pathOf(name) };
}

export function pathOf(annotation: string): string {
  return `/metadata/annotations/${annotation.replaceAll('~', '~0').replaceAll('/', '~1')}`;
}
