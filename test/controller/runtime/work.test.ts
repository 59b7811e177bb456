import { setImmediate as turn, setTimeout as sleep } from 'node:timers/promises';
import fc from 'fast-check';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { WorkQueue } from '../../../controller/runtime/queue.ts';
import { work, type Work } from '../../../controller/runtime/work.ts';
import { waitUntil } from '../../support/wait-until.ts';

/** Workers that end with the test. */
function working(queue: WorkQueue, some: Partial<Work> & Pick<Work, 'handle'>) {
  const stop = new AbortController();
  const ended = work(queue, { workers: 2, onError: () => undefined, ...some }, stop.signal);
  onTestFinished(async () => {
    stop.abort();
    await ended;
  });
  return { stop, ended };
}

describe('workers', () => {
  it('retry what fails, tell of it, and forget what went well', async () => {
    const queue = new WorkQueue({ baseDelay: 1 });
    const errors: unknown[] = [];
    let calls = 0;
    working(queue, {
      handle: async () => {
        if (++calls < 4) throw new Error(`failure ${calls}`);
      },
      onError: (error, key) => errors.push(`${key}: ${String(error)}`),
    });
    queue.add('a');
    await waitUntil('it went well', () => calls === 4 && queue.processing === 0);
    expect(errors).toEqual(['a: Error: failure 1', 'a: Error: failure 2', 'a: Error: failure 3']);
    expect([queue.size, queue.delayed, queue.failing, queue.retried]).toEqual([0, 0, 0, 3]);
  });

  it('survive a report that fails', async () => {
    const warned = vi.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
    onTestFinished(() => warned.mockRestore());
    const queue = new WorkQueue({ baseDelay: 1 });
    let calls = 0;
    working(queue, {
      handle: async () => {
        if (++calls < 3) throw new Error('handle');
      },
      onError: () => {
        throw new Error('report');
      },
    });
    queue.add('a');
    await waitUntil('it went well', () => calls === 3);
    expect(warned).toHaveBeenCalledWith(new Error('report'));
  });

  it('bring to an end what they have begun, begin nothing more, and tell no error that only says so', async () => {
    const queue = new WorkQueue();
    const gate = Promise.withResolvers<void>();
    const [begun, errors]: [string[], unknown[]] = [[], []];
    const { stop, ended } = working(queue, {
      handle: async (key, signal) => {
        begun.push(key);
        if (key === 'gives up') await sleep(1e9, undefined, { signal });
        await gate.promise;
        if (key === 'fails') throw new Error('real');
      },
      workers: 3,
      onError: (error) => errors.push(error),
    });
    for (const key of ['works on', 'gives up', 'fails', 'waits']) queue.add(key);
    await waitUntil('all are busy', () => begun.length === 3);
    stop.abort();
    let over = false;
    void ended.then(() => (over = true));
    await waitUntil('one has given up', () => queue.processing === 2);
    expect(over).toBe(false);
    gate.resolve();
    await ended;
    expect(begun).toEqual(['works on', 'gives up', 'fails']);
    expect(errors).toEqual([new Error('real')]);
    expect(queue.size).toBe(1);
  });

  it('leave nothing behind that keeps a process alive', async () => {
    const queue = new WorkQueue();
    const { stop, ended } = working(queue, { handle: async (key) => queue.addAfter(key, 1e9) });
    const before = process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length;
    queue.add('a');
    await waitUntil('it waits', () => queue.delayed === 1 && queue.processing === 0);
    stop.abort();
    await ended;
    const after = process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length;
    expect(after).toBeLessThanOrEqual(before);
  });
});

it('looks at every key again after each add, never twice at once, with any number of workers', async () => {
  const event = fc.record({ key: fc.constantFrom('a', 'b', 'c'), how: fc.nat(3), turns: fc.nat(2) });
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 4 }),
      fc.array(event, { maxLength: 40 }),
      async (workers, events) => {
        const queue = new WorkQueue({ baseDelay: 0.1, maxDelay: 1 });
        const busy = new Set<string>();
        /** What there is to be seen, and what was seen of it by a look that went well. */
        const [there, seen] = [new Map<string, number>(), new Map<string, number>()];
        let trouble = 0;
        const stop = new AbortController();
        const handle = async (key: string): Promise<void> => {
          expect(busy).not.toContain(key);
          busy.add(key);
          const look = there.get(key) ?? 0;
          await turn();
          busy.delete(key);
          if (++trouble % 4 === 0) throw new Error('bad luck');
          seen.set(key, look);
        };
        const ended = work(
          queue,
          { workers, handle, onError: (error) => expect(error).toEqual(new Error('bad luck')) },
          stop.signal,
        );
        for (const { key, how, turns } of events) {
          there.set(key, (there.get(key) ?? 0) + 1);
          if (how === 0) queue.addAfter(key, 0.5);
          else queue.add(key);
          for (let each = 0; each < turns; each++) await turn();
        }
        await waitUntil('all is seen', () => queue.size + queue.delayed + queue.processing === 0);
        expect(seen).toEqual(there);
        expect(queue.failing).toBe(0);
        stop.abort();
        await ended;
      },
    ),
    { numRuns: 100 },
  );
});
