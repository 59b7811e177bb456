import { expect, it } from 'vitest';
import { Retries } from '../../../../controller/runtime/queue/retries.ts';

const settings = { baseDelay: 5, maxDelay: 30_000, retriesPerSecond: 1e9, random: () => 1 };

it('doubles the delay of a key with each failure, up to the longest, until it is forgotten', () => {
  const retries = new Retries(settings);
  const delays = Array.from({ length: 15 }, () => retries.failed('a', 0));
  expect(delays.slice(0, 4)).toEqual([5, 10, 20, 40]);
  expect(delays.slice(-3)).toEqual([20_480, 30_000, 30_000]);
  expect(retries.failed('b', 0)).toBe(5);
  retries.forget('a');
  expect(retries.failed('a', 0)).toBe(5);
  expect(retries.size).toBe(2);
});

it('stays at the longest delay for ever', () => {
  const retries = new Retries(settings);
  for (let failures = 0; failures < 2_000; failures++) retries.failed('a', 0);
  expect(retries.failed('a', 0)).toBe(30_000);
});

it('spreads those that failed together over the second half of the delay', () => {
  expect(new Retries({ ...settings, random: () => 0 }).failed('a', 0)).toBe(2.5);
});

it('lets some retries through at once, and the others one after the other', () => {
  const retries = new Retries({ ...settings, retriesPerSecond: 10, retryBurst: 3 });
  const keys = ['a', 'b', 'c', 'd', 'e'];
  expect(keys.map((key) => retries.failed(key, 0))).toEqual([5, 5, 5, 100, 200]);
  // After some time without any, as at first.
  expect(keys.map((key) => retries.failed(`${key}2`, 10_000))).toEqual([5, 5, 5, 100, 200]);
});

it('lets no namespace wait for the failures of another', () => {
  const retries = new Retries({ ...settings, retriesPerSecond: 10, retryBurst: 3 });
  for (let count = 0; count < 10_000; count++) retries.failed(`many/${count}`, 0);
  expect(retries.failed('many/x', 0)).toBeGreaterThan(100_000);
  expect(retries.failed('one/a', 0)).toBe(5);
});
