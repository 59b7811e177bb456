/** What leader election needs to know. */
import { hostname } from 'node:os';
import type { ApiClient } from '../client.ts';
import type { Log } from '../log.ts';
import { systemClock, type Clock } from './clock.ts';
import type { Term } from './term.ts';

export interface LeadSettings {
  client: ApiClient;
  /** Where the Lease is. */
  namespace: string;
  name: string;
  /** Of this process and no other, ever; see {@link newIdentity}. */
  identity: string;
  /** How long others wait for a sign of life of the leader, ms. Default: 15 s. */
  leaseDuration?: number;
  /** How long the leader acts after the last renewal that succeeded was sent, ms. Default: 10 s. */
  renewDeadline?: number;
  /** How often the leader renews, and others look, ms. Default: 2 s. */
  retryPeriod?: number;
  log: Log;
  /** Told of each leader that is seen, this one included. */
  onNewLeader?: (identity: string) => void;
  /** Leads. Its end is the end of leading. */
  lead: (term: Term) => Promise<void>;
  clock?: Clock;
  /** From 0 to 1. */
  random?: () => number;
}

/** The settings with their defaults. */
export type Candidate = Required<LeadSettings>;

/** @throws {RangeError} when two could lead at once by these times, or nobody for long */
export function candidateOf(settings: LeadSettings): Candidate {
  const { leaseDuration = 15_000, renewDeadline = 10_000, retryPeriod = 2_000 } = settings;
  if (!(leaseDuration > renewDeadline && renewDeadline > 2 * retryPeriod && retryPeriod > 0)) {
    throw new RangeError(
      `no leader can be elected with a lease of ${leaseDuration} ms, renewed by ${renewDeadline} ms and tried ` +
        `every ${retryPeriod} ms: the first must be longer than the second, the second more than twice the third`,
    );
  }
  return {
    onNewLeader: () => undefined,
    clock: systemClock,
    random: Math.random,
    ...settings,
    leaseDuration,
    renewDeadline,
    retryPeriod,
  };
}

/** A name that no other process has, and that tells people where this one runs. */
export function newIdentity(): string {
  return `${hostname()}_${crypto.randomUUID()}`;
}
