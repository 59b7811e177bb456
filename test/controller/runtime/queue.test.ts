import { setImmediate as turn } from 'node:timers/promises';
import fc from 'fast-check';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { WorkQueue } from '../../../controller/runtime/queue.ts';

const never = new AbortController().signal;

/** What is there to be taken now, in order; each is done at once. */
async function drain(queue: WorkQueue): Promise<string[]> {
  const taken: string[] = [];
  while (queue.size > 0) {
    const key = await queue.take(never);
    if (key === undefined) break;
    taken.push(key);
    queue.done(key);
  }
  return taken;
}

describe('a queue', () => {
  it('gives keys in the order they came, each once', async () => {
    const queue = new WorkQueue();
    for (const key of ['a', 'b', 'a', 'c', 'b']) queue.add(key);
    expect(queue.size).toBe(3);
    expect(await drain(queue)).toEqual(['a', 'b', 'c']);
  });

  it('has namespaces take turns: one with ten thousand keys does not delay the one of another', async () => {
    const queue = new WorkQueue();
    for (let count = 0; count < 10_000; count++) queue.add(`many/${count}`);
    queue.add('one/a');
    queue.add('two/a');
    queue.add('two/b');
    expect((await drain(queue)).slice(0, 6)).toEqual([
      'many/0',
      'one/a',
      'two/a',
      'many/1',
      'two/b',
      'many/2',
    ]);
  });

  it('holds a key back that is being worked on, and gives it again afterwards', async () => {
    const queue = new WorkQueue();
    queue.add('a');
    expect(await queue.take(never)).toBe('a');
    queue.add('a');
    queue.add('b');
    queue.add('a');
    expect(queue.size).toBe(1);
    expect(await queue.take(never)).toBe('b');
    queue.done('a');
    expect(await queue.take(never)).toBe('a');
    queue.done('a');
    expect(queue.size).toBe(0);
  });

  it('ends a wait when it is told to, and gives the key that came then to another', async () => {
    const queue = new WorkQueue();
    const stop = new AbortController();
    const [first, second] = [queue.take(stop.signal), queue.take(never)];
    queue.add('a');
    stop.abort();
    expect(await first).toBeUndefined();
    expect(await second).toBe('a');
  });

  it.each([NaN, Infinity, -Infinity])('refuses a delay of %d', (ms) => {
    expect(() => new WorkQueue().addAfter('a', ms)).toThrow(RangeError);
  });

  it('has room for very many', async () => {
    const queue = new WorkQueue();
    for (let index = 0; index < 200_000; index++) queue.add(`${index}`);
    const taken = await drain(queue);
    expect(taken.slice(-2)).toEqual(['199998', '199999']);
  });
});

describe('the time of a queue', () => {
  afterEach(() => void vi.useRealTimers());

  it('brings keys up when they are due, and before what comes after that', async () => {
    let now = 0;
    const queue = new WorkQueue({ now: () => now });
    queue.addAfter('late', 20);
    queue.addAfter('soon', 10);
    queue.addAfter('now', 0);
    queue.addAfter('late', 30);
    queue.addAfter('soon', 5);
    expect([queue.size, queue.delayed]).toEqual([1, 2]);
    now = 7;
    queue.add('after soon');
    expect(await drain(queue)).toEqual(['now', 'soon', 'after soon']);
    now = 20;
    expect(await queue.take(never)).toBe('late');
    expect(queue.delayed).toBe(0);
  });

  it('needs one timer for ten thousand keys, and none when nobody waits', async () => {
    vi.useFakeTimers();
    const queue = new WorkQueue();
    for (let index = 0; index < 10_000; index++) queue.addAfter(`${index}`, 10_000 - index);
    expect(vi.getTimerCount()).toBe(0);
    const stop = new AbortController();
    const taken = queue.take(stop.signal);
    expect(vi.getTimerCount()).toBe(1);
    for (let index = 0; index < 1_000; index++) queue.addAfter(`more ${index}`, 20_000 - index);
    expect(vi.getTimerCount()).toBe(1);
    await vi.advanceTimersByTimeAsync(1);
    expect(await taken).toBe('9999');
    expect(vi.getTimerCount()).toBe(0);
    const waiting = queue.take(stop.signal);
    expect(vi.getTimerCount()).toBe(1);
    stop.abort();
    expect(await waiting).toBeUndefined();
    expect(vi.getTimerCount()).toBe(0);
  });

  it('sleeps longer than a timer of Node’s can', async () => {
    vi.useFakeTimers();
    const queue = new WorkQueue();
    queue.addAfter('a', 2 ** 32);
    let taken: string | undefined;
    void queue.take(never).then((key) => (taken = key));
    await vi.advanceTimersByTimeAsync(2 ** 32 - 1);
    expect(taken).toBeUndefined();
    await vi.advanceTimersByTimeAsync(1);
    expect(taken).toBe('a');
  });

  it('retries a key ever later, and forgets that it did', async () => {
    let now = 0;
    const queue = new WorkQueue({ now: () => now, random: () => 1, baseDelay: 10, maxDelay: 25 });
    const waits: number[] = [];
    for (const forget of [false, false, false, true, false]) {
      if (forget) queue.forget('a');
      queue.retry('a');
      const start = now;
      while (queue.delayed > 0) {
        now++;
        // Any other key makes the queue look at the clock.
        queue.add('b');
        for (const key of await drain(queue)) if (key === 'a') waits.push(now - start);
      }
    }
    expect(waits).toEqual([10, 20, 25, 10, 20]);
    expect([queue.retried, queue.failing]).toEqual([5, 1]);
    queue.forget('a');
    expect([queue.size, queue.delayed, queue.processing, queue.failing]).toEqual([0, 0, 0, 0]);
  });
});

type Step =
  { do: 'add' | 'retry' | 'take' | 'done' | 'pass'; key: string } | { do: 'later'; key: string; ms: number };

const key = fc.constantFrom('a', 'b', 'c', 'd');
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ do: fc.constantFrom('add', 'retry', 'take', 'done', 'pass'), key }),
  fc.record({ do: fc.constant('later' as const), key, ms: fc.integer({ min: 0, max: 30 }) }),
);

it('loses no key and gives none twice at once, in whatever order it is used', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
      let now = 0;
      const queue = new WorkQueue({ now: () => now, baseDelay: 2, maxDelay: 20 });
      /** Asked for, and not taken since. */
      const owed = new Set<string>();
      const taken = new Set<string>();
      let [asked, given] = [0, 0];
      const stop = new AbortController();
      const takers = new Set<Promise<void>>();
      const take = (): void => {
        const taker = queue.take(stop.signal).then((got) => {
          takers.delete(taker);
          if (got === undefined) return;
          expect(taken).not.toContain(got);
          expect(++given).toBeLessThanOrEqual(asked);
          owed.delete(got);
          taken.add(got);
        });
        takers.add(taker);
      };
      const done = (which: string): void => {
        if (taken.delete(which)) queue.done(which);
      };
      for (const each of steps) {
        if (each.do === 'add' || each.do === 'retry' || each.do === 'later') {
          owed.add(each.key);
          asked++;
        }
        switch (each.do) {
          case 'add':
            queue.add(each.key);
            break;
          case 'retry':
            queue.retry(each.key);
            break;
          case 'later':
            queue.addAfter(each.key, each.ms);
            break;
          case 'take':
            take();
            break;
          case 'done':
            done(each.key);
            break;
          case 'pass':
            now += 5;
        }
        await turn();
      }
      now += 1_000;
      for (let round = 0; round < 12; round++) {
        take();
        await turn();
        for (const which of [...taken]) done(which);
      }
      expect(owed).toEqual(new Set());
      stop.abort();
      await Promise.all(takers);
      expect([queue.size, queue.delayed, queue.processing]).toEqual([0, 0, 0]);
    }),
    { numRuns: 300 },
  );
});
