import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseInteger, QUIT, turn, type Seen } from '../../../shared/turn/order.ts';
import { next, type Outcome, type OutcomeKind } from '../../../shared/turn/outcome.ts';

describe('turn', () => {
  const ended = (outcome: OutcomeKind): Outcome => ({
    version: 1,
    step: 'before',
    number: 1,
    outcome,
    exitCode: 0,
    finishedAt: '',
    attempts: 1,
    reason: '',
    message: '',
  });
  const seen = (some: Partial<Seen>): Seen => ({
    order: 1,
    gate: undefined,
    predecessors: [undefined],
    ...some,
  });

  it.each<[string, number, Partial<Seen>, string]>([
    ['nothing comes before the first step', 1, { order: 0, predecessors: [] }, 'run'],
    ['which a gate holds', 1, { order: 0, gate: 1, predecessors: [] }, 'wait'],
    ['until the order releases it', 1, { order: 1, gate: 1, predecessors: [] }, 'run'],
    ['and an unknown order', 1, { order: undefined, predecessors: [] }, 'wait'],
    [
      'told nothing of what comes before, a step waits for the order',
      1,
      { order: 0, predecessors: undefined },
      'wait',
    ],
    ['and starts by it', 1, { predecessors: undefined }, 'run'],
    ['a step whose order is reached runs', 4, { order: 4 }, 'run'],
    ['a step whose order is past runs', 4, { order: 9 }, 'run'],
    ['a step waits for its predecessor', 2, {}, 'wait'],
    ['a step runs when its predecessor says go', 2, { predecessors: [ended('Succeeded')] }, 'run'],
    ['a failure that may go on says go', 2, { predecessors: [ended('Continued')] }, 'run'],
    ['a step skips when its predecessor says stop', 2, { predecessors: [ended('Failed')] }, 'skip'],
    ['a skip is passed on', 2, { predecessors: [ended('Skipped')] }, 'skip'],
    ['one predecessor of two is not enough', 3, { predecessors: [ended('Succeeded'), undefined] }, 'wait'],
    ['one stop of two is enough', 3, { predecessors: [undefined, ended('Failed')] }, 'skip'],
    ['no hand-off at the gate', 4, { gate: 4, predecessors: [ended('Succeeded')] }, 'wait'],
    ['no hand-off behind the gate', 5, { gate: 4, predecessors: [ended('Succeeded')] }, 'wait'],
    ['hand-off before the gate', 3, { gate: 4, predecessors: [ended('Succeeded')] }, 'run'],
    ['the order opens the gate', 4, { order: 4, gate: 4, predecessors: [ended('Succeeded')] }, 'run'],
    ['a stop passes the gate', 4, { gate: 1, predecessors: [ended('Failed')] }, 'skip'],
    ['the quit value cancels', 1, { order: QUIT, predecessors: [] }, 'cancelled'],
    ['the quit value beats a hand-off', 2, { order: QUIT, predecessors: [ended('Succeeded')] }, 'cancelled'],
    [
      'an unknown order holds, for it may be the quit value',
      2,
      { order: undefined, predecessors: [ended('Succeeded')] },
      'wait',
    ],
    [
      'without a word about predecessors only the order starts a step',
      2,
      { predecessors: undefined },
      'wait',
    ],
  ])('%s', (_, step, some, kind) => {
    expect(turn(step, seen(some)).kind).toBe(kind);
  });
});

describe('parseInteger', () => {
  it.each([
    ['3', 3],
    [' 3\n', 3],
    ['+3', 3],
    ['-1', -1],
    ['007', 7],
    ['', undefined],
    ['3.0', undefined],
    ['3 4', undefined],
    ['0x3', undefined],
    ['1e3', undefined],
    ['99999999999999999999', undefined],
  ])('reads %j as %j', (text, value) => expect(parseInteger(text)).toBe(value));
});

/**
 * A pod of n steps, each an agent that looks at the world whenever it likes, and a controller that keeps its contract:
 * it releases a step only when every earlier one is over. Any interleaving of the two may happen.
 */
describe('the order machine, whatever happens in whatever order', () => {
  it('starts no step before its predecessors are over, and none after the quit value', () => {
    fc.assert(
      fc.property(scenario, ({ steps, events }) => {
        const pod = new Pod(steps);
        for (const event of events) pod.happens(event);
      }),
      { numRuns: 2000 },
    );
  });

  it('passes a stop on to the end, and leaves nothing waiting once the order allows it', () => {
    fc.assert(
      fc.property(scenario, ({ steps, events }) => {
        const pod = new Pod(steps);
        for (const event of events) pod.happens(event);
        pod.openEveryGateAndFinish();
        expect(pod.states).not.toContain('waiting');
        expect(pod.states).not.toContain('running');
        const firstStop = pod.states.findIndex(
          (state) => state !== 'silent' && state !== 'running' && saysStop(state),
        );
        // Only a step that died without a word lets the controller decide; otherwise a stop reaches the last step.
        if (firstStop >= 0 && !pod.states.includes('silent')) {
          for (const state of pod.states.slice(firstStop + 1))
            expect(['Skipped', 'Cancelled']).toContain(state);
        }
      }),
      { numRuns: 2000 },
    );
  });
});

type State = 'waiting' | 'running' | 'silent' | OutcomeKind;
type Event =
  | { kind: 'look'; step: number }
  | { kind: 'end'; step: number; as: 'Succeeded' | 'Failed' | 'Continued' | 'TimedOut' | 'silent' }
  | { kind: 'advance' }
  | { kind: 'quit' }
  | { kind: 'gate'; at: number | undefined };

const event = (steps: number): fc.Arbitrary<Event> => {
  const step = fc.integer({ min: 1, max: steps });
  const as = fc.constantFrom(
    'Succeeded',
    'Succeeded',
    'Succeeded',
    'Failed',
    'Continued',
    'TimedOut',
    'silent',
  );
  return fc.oneof(
    { weight: 8, arbitrary: fc.record({ kind: fc.constant('look' as const), step }) },
    { weight: 6, arbitrary: fc.record({ kind: fc.constant('end' as const), step, as }) },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant('advance' as const) }) },
    {
      weight: 2,
      arbitrary: fc.record({ kind: fc.constant('gate' as const), at: fc.option(step, { nil: undefined }) }),
    },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('quit' as const) }) },
  );
};

const scenario = fc
  .integer({ min: 1, max: 6 })
  .chain((steps) =>
    fc.record({ steps: fc.constant(steps), events: fc.array(event(steps), { maxLength: 60 }) }),
  );

const isOver = (state: State): boolean => state !== 'waiting' && state !== 'running';
const saysStop = (state: State): boolean =>
  isOver(state) && state !== 'silent' && next({ outcome: state as OutcomeKind }) === 'stop';

class Pod {
  readonly states: State[];
  #order = 0;
  #gate: number | undefined;

  constructor(steps: number) {
    this.states = Array.from({ length: steps }, () => 'waiting');
  }

  happens(event: Event): void {
    switch (event.kind) {
      case 'look':
        return this.#look(event.step);
      case 'end':
        if (this.#state(event.step) === 'running') this.#become(event.step, event.as);
        return;
      case 'advance': {
        // The controller: past every step that is over, never past a failure, never back, never out of quit.
        const unfinished = this.states.findIndex((state) => !isOver(state));
        const stopped = this.states.some(saysStop);
        if (this.#order !== QUIT && !stopped && unfinished >= 0)
          this.#order = Math.max(this.#order, unfinished + 1);
        return;
      }
      case 'quit':
        this.#order = QUIT;
        return;
      case 'gate':
        this.#gate = event.at;
        return;
    }
  }

  openEveryGateAndFinish(): void {
    this.#gate = undefined;
    for (let round = 0; round <= this.states.length; round++) {
      for (let step = 1; step <= this.states.length; step++) {
        this.happens({ kind: 'look', step });
        this.happens({ kind: 'end', step, as: 'Succeeded' });
        this.happens({ kind: 'advance' });
      }
    }
  }

  #look(step: number): void {
    if (this.#state(step) !== 'waiting') return;
    const predecessors = step === 1 ? [] : [this.#outcome(step - 1)];
    const decided = turn(step, { order: this.#order, gate: this.#gate, predecessors });
    switch (decided.kind) {
      case 'wait':
        return;
      case 'run':
        expect(this.#order, 'a step starts after the quit value').not.toBe(QUIT);
        expect(
          this.states.slice(0, step - 1).every(isOver),
          `step ${step} starts before its predecessors are over`,
        ).toBe(true);
        return this.#become(step, 'running');
      case 'skip':
        expect(
          this.states.slice(0, step - 1).some(saysStop),
          `step ${step} skips though nothing stopped`,
        ).toBe(true);
        return this.#become(step, 'Skipped');
      case 'cancelled':
        expect(this.#order).toBe(QUIT);
        return this.#become(step, 'Cancelled');
    }
  }

  #state(step: number): State {
    return this.states[step - 1] ?? 'waiting';
  }

  #become(step: number, state: State): void {
    this.states[step - 1] = state;
  }

  #outcome(step: number): Outcome | undefined {
    const state = this.#state(step);
    if (!isOver(state) || state === 'silent') return undefined;
    const record = {
      version: 1,
      step: '',
      exitCode: 0,
      finishedAt: '',
      attempts: 1,
      reason: '',
      message: '',
    } as const;
    return { ...record, number: step, outcome: state as OutcomeKind };
  }
}
