import { setTimeout as sleep } from 'node:timers/promises';

/** Waits until `condition` gives something truthy, and returns it; after `deadline` milliseconds it fails. */
export async function waitUntil<T>(
  what: string,
  condition: () => T | Promise<T>,
  deadline = 60_000,
): Promise<NonNullable<T>> {
  const end = performance.now() + deadline;
  for (;;) {
    const value = await condition();
    if (value) return value;
    if (performance.now() > end) throw new Error(`after ${deadline} ms still not so: ${what}`);
    await sleep(5);
  }
}
