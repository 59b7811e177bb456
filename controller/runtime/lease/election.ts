/**
 * A Lease of Kubernetes: what of it counts for the election, when it may be taken, and what is written into it. Pure:
 * nothing here compares the clocks of two machines. Whoever waits counts from when it
 * saw the last change itself, which is after the holder asked for it; the holder stops before that time is over,
 * counted from when it asked.
 */
import { LEASES, apiVersionOf, type KubeObject, type Ref } from '../objects.ts';

/** @see https://kubernetes.io/docs/reference/kubernetes-api/cluster-resources/lease-v1/ */
export interface Lease extends KubeObject {
  spec?: {
    holderIdentity?: string;
    leaseDurationSeconds?: number;
    /** MicroTime, as `renewTime`. For people only: it is never compared with a clock. */
    acquireTime?: string;
    renewTime?: string;
    leaseTransitions?: number;
  };
}

/** What counts. */
export interface LeaseRecord {
  /** Who holds it; empty: nobody. */
  holder: string;
  /** How long it has to stay unchanged before another may take it, ms. */
  duration: number;
  /** How often it went from one holder to another. */
  transitions: number;
  /** The `resourceVersion`. */
  version: string;
}

export function recordOf({ metadata, spec = {} }: Lease): LeaseRecord {
  return {
    holder: spec.holderIdentity ?? '',
    duration: (spec.leaseDurationSeconds ?? 0) * 1000,
    transitions: spec.leaseTransitions ?? 0,
    version: metadata.resourceVersion ?? '',
  };
}

export interface Observed {
  /** `undefined`: there is no Lease. */
  record: LeaseRecord | undefined;
  /** When it may be taken, on the monotonic clock of who looks, ms. */
  freeAt: number;
}

export type Move =
  | { kind: 'create' }
  | { kind: 'take'; record: LeaseRecord }
  /** Unless something changes before. */
  | { kind: 'wait'; ms: number };

/**
 * What is known of the Lease after one more look.
 *
 * @param now - on the monotonic clock, ms, read *after* the answer came: what was seen is at least as old
 */
export function observe(
  before: Observed | undefined,
  record: LeaseRecord | undefined,
  { identity, leaseDuration, now }: { identity: string; leaseDuration: number; now: number },
): Observed {
  // Somebody deleted it, and its holder may not know yet: as far as is known here, that ends with its time.
  if (record === undefined) return { record, freeAt: before?.freeAt ?? now };
  // What is one's own without being known to be: a request did its work, and its answer was lost.
  if (record.holder === '' || record.holder === identity) return { record, freeAt: now };
  if (before?.record?.version === record.version) return before;
  // Two releases that differ in their settings respect the longer time.
  return { record, freeAt: now + Math.max(leaseDuration, record.duration) };
}

/** @param now - on the monotonic clock, ms */
export function nextMove({ record, freeAt }: Observed, now: number): Move {
  if (now < freeAt) return { kind: 'wait', ms: freeAt - now };
  return record === undefined ? { kind: 'create' } : { kind: 'take', record };
}

/** Who writes, and when by the clock on the wall, ms. */
export interface Writer {
  identity: string;
  /** Milliseconds; what is written is rounded up to whole seconds. */
  leaseDuration: number;
  wall: number;
}

/** The Lease of a first holder. */
export function firstLease({ namespace, name }: Required<Ref>, writer: Writer): Lease {
  const [apiVersion, { kind }] = [apiVersionOf(LEASES), LEASES];
  return { apiVersion, kind, metadata: { namespace, name }, spec: { ...held(writer), leaseTransitions: 0 } };
}

/** A merge patch, as the following two, that only the version it was made for takes. */
export function takingPatch({ version, holder, transitions }: LeaseRecord, writer: Writer): object {
  // One's own: the answer to an earlier request did not come.
  const leaseTransitions = holder === writer.identity ? transitions : transitions + 1;
  return { metadata: { resourceVersion: version }, spec: { ...held(writer), leaseTransitions } };
}

export function renewingPatch({ version }: LeaseRecord, { wall }: Writer): object {
  return { metadata: { resourceVersion: version }, spec: { renewTime: microTime(wall) } };
}

export function releasingPatch({ version }: LeaseRecord, { wall }: Writer): object {
  return { metadata: { resourceVersion: version }, spec: { holderIdentity: '', renewTime: microTime(wall) } };
}

function held({ identity, leaseDuration, wall }: Writer) {
  const now = microTime(wall);
  return {
    holderIdentity: identity,
    leaseDurationSeconds: Math.ceil(leaseDuration / 1000),
    acquireTime: now,
    renewTime: now,
  };
}

/** @example microTime(0) // '1970-01-01T00:00:00.000000Z' */
export function microTime(wall: number): string {
  return new Date(wall).toISOString().replace('Z', '000Z');
}
