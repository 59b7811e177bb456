import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type StoredTask } from '../../controller/stored-task.ts';
import { taskOf } from './builders.ts';
import { World, type Fate } from './world.ts';

const FATES: readonly Fate[] = ['succeeds', 'fails', 'continues', 'dies', 'dies, but may'];
const NAMES = ['z', 'a', 'm', 'step10', 'step2'];

const fates = fc.array(fc.constantFrom(...FATES), { minLength: 1, maxLength: NAMES.length });
const kinds = fc.constantFrom(
  ...(['start', 'step', 'report', 'control', 'control'] as const),
  ...(['suspend', 'resume', 'cancel', 'tick', 'evict'] as const),
);
const happenings = fc.array(fc.record({ kind: kinds, at: fc.nat(NAMES.length - 1) }), { maxLength: 60 });
const handOffs = fc.constantFrom('Direct' as const, 'Controller' as const);

type Happening = typeof happenings extends fc.Arbitrary<(infer Item)[]> ? Item : never;

function taskWith(of: readonly Fate[], handOff: 'Direct' | 'Controller', timeout?: string): StoredTask {
  const steps = of.map((fate, index) => ({
    name: NAMES[index] ?? '',
    image: 'busybox',
    command: ['true'],
    ...((fate === 'continues' || fate === 'dies, but may') && { onError: 'continue' as const }),
  }));
  return taskOf({ steps, handOff, ...(timeout !== undefined && { timeout }) });
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
  }
}

describe('whatever happens, and in whatever order', () => {
  const timeouts = fc.option(fc.constant('20s'), { nil: undefined });

  it('no step starts early, the order only goes up or quits, and nothing is decided twice', () => {
    fc.assert(
      fc.property(fates, handOffs, timeouts, happenings, (of, handOff, timeout, events) => {
        const world = new World(taskWith(of, handOff, timeout), of);
        for (const event of events) happen(world, event);
        expect(world.faults).toEqual([]);
      }),
      { numRuns: 2_000 },
    );
  });

  it('every Task comes to its end, and to the right one', () => {
    fc.assert(
      fc.property(fates, handOffs, happenings, (of, handOff, events) => {
        const world = new World(taskWith(of, handOff), of);
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
      { numRuns: 2_000 },
    );
  });
});
