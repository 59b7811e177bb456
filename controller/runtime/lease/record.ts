/** A Lease of Kubernetes: what of it counts for the election, and what is written into it. Pure. */
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
