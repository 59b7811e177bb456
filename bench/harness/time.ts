/** Clocks and waits. */
import { setTimeout as sleep } from 'node:timers/promises';

/** Milliseconds of CLOCK_MONOTONIC, which every process of the machine shares. */
export function now(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}

/** Waits until `condition` holds; after `deadline` milliseconds it fails and says `what` did not come. */
export async function until(
  what: string,
  condition: () => Promise<boolean> | boolean,
  deadline = 20_000,
): Promise<void> {
  const end = now() + deadline;
  while (!(await condition())) {
    if (now() > end) throw new Error(`after ${deadline} ms still not so: ${what}`);
    await sleep(5);
  }
}
