import fc from 'fast-check';
import { expect, it } from 'vitest';
import { Delays } from '../../../../controller/runtime/queue/delays.ts';

const KEYS = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'];

it('gives each key once, at the earliest moment that was asked for, in the order of time', () => {
  const add = fc.record({ key: fc.constantFrom(...KEYS), due: fc.integer({ min: 0, max: 50 }) });
  const step = fc.oneof(
    { weight: 4, arbitrary: add },
    { weight: 1, arbitrary: fc.integer({ min: 0, max: 50 }) },
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 100 }), (steps) => {
      const delays = new Delays();
      const model = new Map<string, number>();
      for (const each of steps) {
        if (typeof each === 'object') {
          delays.add(each.key, each.due);
          model.set(each.key, Math.min(each.due, model.get(each.key) ?? Infinity));
        } else {
          for (let key = delays.take(each); key !== undefined; key = delays.take(each)) {
            expect(model.get(key)).toBe(Math.min(...model.values()));
            model.delete(key);
          }
          expect(Math.min(...model.values())).toBeGreaterThan(each);
        }
        expect(delays.size).toBe(model.size);
        expect(delays.due ?? Infinity).toBe(Math.min(...model.values()));
      }
    }),
  );
});

it('holds no key twice, however often it is moved forward', () => {
  const delays = new Delays();
  for (let due = 10_000; due > 0; due--) delays.add('a', due);
  expect(delays.size).toBe(1);
  expect(delays.due).toBe(1);
});
