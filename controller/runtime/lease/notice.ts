/** Hears of changes of one Lease, so that a released one is taken at once. The poll stays behind it. */
import type { ApiClient } from '../client.ts';
import { LEASES, type Ref } from '../objects.ts';
import { pause, type Clock } from './clock.ts';
import type { Lease } from './record.ts';

/** The first delay before watching again, ms; doubled for each further one in which nothing was heard. */
const FIRST_DELAY = 200;
const LONGEST_DELAY = 30_000;
/** The server ends a watch after that, seconds. */
const WATCH_SECONDS = 300;

export interface NoticeSettings {
  client: ApiClient;
  clock: Clock;
  random: () => number;
  /** Something changed: look. */
  ring: () => void;
  /** The watch broke off, for the first time since it last held. */
  onTrouble: (error: unknown) => void;
}

/** Rings for each change until `signal` is aborted. Never rejects. */
export async function notice(
  { namespace, name }: Required<Ref>,
  { client, clock, random, ring, onTrouble }: NoticeSettings,
  signal: AbortSignal,
): Promise<void> {
  const query = {
    namespace,
    fieldSelector: `metadata.name=${name}`,
    timeoutSeconds: WATCH_SECONDS,
    // From whatever the server has at hand: it begins with the Lease as it is, and what is rung for is looked at anyway.
    resourceVersion: '0',
  };
  let silent = 0;
  while (!signal.aborted) {
    try {
      for await (const { type } of client.watch<Lease>(LEASES, query, { signal })) {
        silent = 0;
        if (type !== 'BOOKMARK') ring();
      }
    } catch (error) {
      if (!signal.aborted && silent === 0) onTrouble(error);
    }
    const delay = Math.min(LONGEST_DELAY, FIRST_DELAY * 2 ** silent++);
    await pause(clock, delay * (0.5 + random() / 2), signal);
  }
}
