import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { World } from './world.ts';

type Trouble =
  | { kind: 'crash'; restartAfter: number }
  | { kind: 'stop' }
  | { kind: 'freeze' | 'sleep' | 'part' | 'slow down' | 'set the clock forward'; ms: number };

const ms = (max: number) => fc.integer({ min: 0, max });

const trouble: fc.Arbitrary<Trouble> = fc.oneof(
  fc.record({ kind: fc.constant('crash' as const), restartAfter: ms(20_000) }),
  fc.record({ kind: fc.constant('stop' as const) }),
  fc.record({
    kind: fc.constantFrom('freeze', 'sleep', 'part', 'slow down', 'set the clock forward'),
    ms: ms(40_000),
  }),
);

const scenario = fc.record({
  seed: fc.integer(),
  // A lease of 15 s and a deadline of 10 s bear clocks that differ by half.
  rates: fc.array(fc.double({ min: 0.85, max: 1.2, noNaN: true }), { minLength: 2, maxLength: 4 }),
  troubles: fc.array(fc.record({ after: ms(20_000), trouble, process: fc.nat(), leader: fc.boolean() }), {
    maxLength: 12,
  }),
});

type Scenario = typeof scenario extends fc.Arbitrary<infer Value> ? Value : never;

/** Makes it all happen; `check` is called after each single event. */
async function happen({ seed, rates, troubles }: Scenario, check: (world: World) => void): Promise<World> {
  const world = new World(seed);
  rates.forEach((rate, index) => world.start(index, rate));
  const checked = (): void => check(world);
  for (const { after, trouble: now, process, leader } of troubles) {
    await world.pass(after, checked);
    const chosen = world.processes.find(({ identity }) => leader && world.acting.includes(identity));
    befall(chosen ?? world.processes[process % rates.length], now, world);
  }
  await world.pass(40_000, checked);
  return world;
}

function befall(process: World['processes'][number] | undefined, now: Trouble, world: World): void {
  switch (now.kind) {
    case 'crash':
      return process?.crash(now.restartAfter);
    case 'stop':
      return process?.stop();
    case 'freeze':
    case 'sleep':
      return process?.freeze(now.ms, now.kind === 'sleep');
    case 'set the clock forward':
      return process?.setWallForward(now.ms);
    case 'part':
    case 'slow down': {
      if (process === undefined) return;
      const what = now.kind === 'part' ? 'parted' : 'slow';
      process[what] = true;
      world.at(now.ms, () => {
        process[what] = false;
      });
    }
  }
}

describe('whatever befalls processes and network', () => {
  it('never lets two act at once', async () => {
    let terms = 0;
    await fc.assert(
      fc.asyncProperty(scenario, async (all) => {
        const world = await happen(all, ({ acting }) => expect(acting.length).toBeLessThan(2));
        terms += new Set(world.server.holders).size;
      }),
      { numRuns: 300 },
    );
    expect(terms).toBeGreaterThan(300);
  });

  it('has a leader again once the trouble is over', async () => {
    await fc.assert(
      fc.asyncProperty(scenario, async (all) => {
        const world = await happen(all, () => undefined);
        world.calm = true;
        for (const process of world.processes) process.parted = process.slow = false;
        let led = false;
        await world.pass(120_000, () => (led ||= world.acting.length === 1));
        expect(led).toBe(true);
      }),
      { numRuns: 50 },
    );
  });
});
