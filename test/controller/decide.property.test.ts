import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type StoredTask } from '../../controller/stored-task.ts';
import { taskOf } from './builders.ts';
import { World, type Fate } from './world.ts';

const FATES: readonly Fate[] = ['succeeds', 'succeeds', 'fails', 'continues', 'dies', 'dies, but may'];
const NAMES = ['z', 'a', 'm', 'step10', 'step2', 'b', 'step1'];
const LAST = ['f', 'e'];

/** A chain where no step says what it comes after. */
const written = fc.record({
  steps: fc.array(
    fc.record({
      fate: fc.constantFrom(...FATES),
      after: fc.option(fc.array(fc.nat(NAMES.length), { maxLength: 3 }), { nil: undefined }),
    }),
    { minLength: 1, maxLength: NAMES.length },
  ),
  last: fc.array(fc.constantFrom(...FATES), { maxLength: LAST.length }),
  handOff: fc.constantFrom('Direct' as const, 'Direct' as const, 'Controller' as const),
  failFast: fc.boolean(),
});
type Written = typeof written extends fc.Arbitrary<infer Value> ? Value : never;

const kinds = fc.constantFrom(
  ...(['start', 'step', 'report', 'control', 'control'] as const),
  ...(['suspend', 'resume', 'cancel', 'tick', 'evict', 'killWaiting'] as const),
);
const happenings = fc.array(fc.record({ kind: kinds, at: fc.nat(NAMES.length + LAST.length - 1) }), {
  maxLength: 60,
});

type Happening = typeof happenings extends fc.Arbitrary<(infer Item)[]> ? Item : never;

function stepOf(name: string, fate: Fate): StoredTask['spec']['steps'][number] {
  const mayFail = fate === 'continues' || fate === 'dies, but may';
  return { name, image: 'busybox', command: ['true'], ...(mayFail && { onError: 'continue' as const }) };
}

function worldOf({ steps, last, handOff, failFast }: Written, timeout?: string): World {
  const fates = [...steps.map(({ fate }) => fate), ...last];
  const task = taskOf({
    steps: steps.map(({ fate, after }, index) => ({
      ...stepOf(NAMES[index] ?? '', fate),
      ...(after && {
        after: [...new Set(after.filter((each) => each < index))].map((each) => NAMES[each] ?? ''),
      }),
    })),
    ...(last.length > 0 && { finally: last.map((fate, index) => stepOf(LAST[index] ?? '', fate)) }),
    handOff,
    ...(failFast && { failFast }),
    ...(timeout !== undefined && { timeout }),
  });
  return new World(task, fates);
}

function happen(world: World, { kind, at }: Happening): void {
  const set = (fields: Partial<StoredTask['spec']>): void => {
    world.task = { ...world.task, spec: { ...world.task.spec, ...fields } };
  };
  switch (kind) {
    case 'start':
    case 'step':
    case 'report':
      return world[kind](at);
    case 'control':
      return world.control();
    case 'tick':
      world.now += 1000;
      return;
    case 'suspend':
      return set({ suspend: true });
    case 'resume':
      return set({ suspend: false });
    case 'cancel':
      // As rare as it is decisive.
      return at === 0 ? set({ cancel: true }) : undefined;
    case 'evict':
      return at === 0 ? world.kill('Evicted') : undefined;
    case 'killWaiting':
      return at % 3 === 0 ? world.killWaiting(at) : undefined;
  }
}

describe('whatever happens, in any graph, and in whatever order', () => {
  const timeouts = fc.option(fc.constant('20s'), { nil: undefined });

  it('no step starts early, the order only goes up or quits, and nothing is decided twice', () => {
    fc.assert(
      fc.property(written, timeouts, happenings, (task, timeout, events) => {
        const world = worldOf(task, timeout);
        for (const event of events) happen(world, event);
        expect(world.faults).toEqual([]);
      }),
      { numRuns: 400 },
    );
  });

  it('every Task comes to its end, and to the right one', () => {
    fc.assert(
      fc.property(written, happenings, (task, events) => {
        const world = worldOf(task);
        for (const event of events) happen(world, event);
        happen(world, { kind: 'resume', at: 0 });
        world.settle();
        const { status } = world.task;
        expect(world.faults).toEqual([]);
        expect(status?.completionTime).toBeDefined();
        const cancelledInTime = world.task.spec.cancel === true && !world.failedItself;
        if (world.allWell) expect(status?.status).toBe('Successful');
        else if (cancelledInTime) expect(['Cancelled', 'Failure']).toContain(status?.status);
        else expect(status?.status).toBe('Failure');
        expect(status?.steps?.some(({ state }) => state === 'Waiting' || state === 'Running')).toBe(false);
      }),
      { numRuns: 200 },
    );
  });

  it('left to itself, each step runs that should, and no other, and those of finally always', () => {
    fc.assert(
      fc.property(written, happenings, (task, events) => {
        const world = worldOf(task);
        const harmless = new Set(['start', 'step', 'report', 'control', 'tick', 'suspend', 'resume']);
        for (const event of events) if (harmless.has(event.kind)) happen(world, event);
        happen(world, { kind: 'resume', at: 0 });
        world.settle();
        expect(world.faults).toEqual([]);
        const ran = world.containers.filter(({ began }) => began !== undefined).map(({ name }) => name);
        if (task.failFast) expect(world.mayRun).toEqual(expect.arrayContaining(ran));
        else expect(ran).toEqual(world.mayRun);
        expect(ran).toEqual(expect.arrayContaining(LAST.slice(0, task.last.length)));
      }),
      { numRuns: 200 },
    );
  });
});
