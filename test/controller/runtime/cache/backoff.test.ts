import { expect, it } from 'vitest';
import { Backoff } from '../../../../controller/runtime/cache/backoff.ts';

it('waits longer after each failure, up to a limit, and short again after a success', () => {
  const backoff = new Backoff({ first: 200, most: 10_000 });
  const limits = [200, 400, 800, 1600, 3200, 6400, 10_000, 10_000];
  for (const limit of limits) {
    const delay = backoff.next();
    expect(delay).toBeGreaterThanOrEqual(limit / 2);
    expect(delay).toBeLessThanOrEqual(limit);
  }
  expect(backoff.failures).toBe(limits.length);
  backoff.reset();
  expect(backoff.next()).toBeLessThanOrEqual(200);
});

it('does not go over after a year of failures', () => {
  const backoff = new Backoff({ first: 200, most: 10_000 });
  backoff.failures = 5_000_000;
  expect(backoff.next()).toBeLessThanOrEqual(10_000);
});

it('waits as long as the server asks, if that is no age', () => {
  const backoff = new Backoff({ first: 200, most: 10_000 });
  expect(backoff.next(30_000)).toBe(30_000);
  expect(backoff.next(86_400_000)).toBe(120_000);
});
