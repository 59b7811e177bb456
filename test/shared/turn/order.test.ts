import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseInteger, QUIT, turn, type Seen } from '../../../shared/turn/order.ts';
import { outcomeOver } from '../../../shared/turn/over.ts';
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
    ['a step that was omitted says go', 2, { predecessors: [ended('Omitted')] }, 'run'],
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
    ['one that runs always waits for its predecessor', 2, { always: true }, 'wait'],
    ['and runs after a success', 2, { always: true, predecessors: [ended('Succeeded')] }, 'run'],
    ['after a failure', 2, { always: true, predecessors: [ended('Failed')] }, 'run'],
    ['after a skip', 3, { always: true, predecessors: [ended('Failed'), ended('Skipped')] }, 'run'],
    ['after a cancel', 2, { always: true, order: QUIT, predecessors: [ended('Cancelled')] }, 'run'],
    ['a cancel does not start it before the others are over', 2, { always: true, order: QUIT }, 'wait'],
    ['nor does the order', 2, { always: true, order: 9 }, 'wait'],
    ['nor a failure of one of two', 3, { always: true, predecessors: [ended('Failed'), undefined] }, 'wait'],
    ['a gate holds it', 2, { always: true, gate: 2, predecessors: [ended('Failed')] }, 'wait'],
    [
      'until the order opens it',
      2,
      { always: true, order: 2, gate: 2, predecessors: [ended('Failed')] },
      'run',
    ],
    [
      'or the Task is cancelled',
      2,
      { always: true, order: QUIT, gate: 1, predecessors: [ended('Cancelled')] },
      'run',
    ],
    [
      'an unknown order holds it too',
      2,
      { always: true, order: undefined, predecessors: [ended('Failed')] },
      'wait',
    ],
    ['told nothing of the others, it waits', 2, { always: true, order: 9, predecessors: undefined }, 'wait'],
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
 * A pod of n steps in any graph, the last ones of `finally`; each an agent that looks at the world whenever it likes. Its
 * controller keeps its contract: it moves the order to a step only when every one before is over or may start, and
 * says of a step that ended without a word that it is over. Any interleaving of all that may happen.
 */
describe('the order machine, whatever happens in whatever order', () => {
  it('starts no step before its predecessors are over, and none but those of finally after the quit value', () => {
    fc.assert(
      fc.property(scenario, ({ graph, events }) => {
        const pod = new Pod(graph);
        for (const event of events) pod.happens(event);
      }),
      { numRuns: 2000 },
    );
  });

  it('brings every step to its end, and each runs if and only if what comes before it lets it', () => {
    fc.assert(
      fc.property(scenario, ({ graph, events }) => {
        const pod = new Pod(graph);
        for (const event of events) pod.happens(event);
        pod.openEveryGateAndFinish();
        for (const [index, { before, always }] of graph.entries()) {
          const { state, ran } = pod.step(index + 1);
          expect(isOver(state), `step ${index + 1} is ${state}`).toBe(true);
          const stopped = before.some((number) => next({ outcome: pod.kind(number) }) === 'stop');
          if (always) expect(ran).toBe(true);
          else if (stopped) expect(ran).toBe(false);
          else expect(ran || pod.quit).toBe(true);
        }
      }),
      { numRuns: 2000 },
    );
  });
});

const ENDS = ['Succeeded', 'Failed', 'Continued', 'Omitted', 'TimedOut', 'silent'] as const;

type State = 'waiting' | 'running' | 'silent' | OutcomeKind;
type Event =
  | { kind: 'look'; step: number }
  | { kind: 'end'; step: number; as: (typeof ENDS)[number] }
  | { kind: 'sayOver' | 'advance' | 'quit' }
  | { kind: 'gate'; at: number | undefined };

/** One step: the numbers of those it comes after. */
interface Node {
  before: readonly number[];
  always: boolean;
}

const graphs: fc.Arbitrary<Node[]> = fc
  .tuple(fc.array(fc.array(fc.nat(5), { maxLength: 3 }), { minLength: 1, maxLength: 6 }), fc.nat(2))
  .map(([steps, last]) => {
    const upTo = (count: number): number[] => Array.from({ length: count }, (_, i) => i + 1);
    const plain = steps.map((wanted, index) => ({
      before: [...new Set(index === 0 ? [] : wanted.map((each) => (each % index) + 1))],
      always: false,
    }));
    const always = upTo(last).map((_, index) => ({ before: upTo(plain.length + index), always: true }));
    return [...plain, ...always];
  });

const event = (steps: number): fc.Arbitrary<Event> => {
  const step = fc.integer({ min: 1, max: steps });
  const as = fc.constantFrom('Succeeded' as const, 'Succeeded' as const, ...ENDS);
  return fc.oneof(
    { weight: 8, arbitrary: fc.record({ kind: fc.constant('look' as const), step }) },
    { weight: 6, arbitrary: fc.record({ kind: fc.constant('end' as const), step, as }) },
    { weight: 2, arbitrary: fc.record({ kind: fc.constantFrom('advance' as const, 'sayOver' as const) }) },
    {
      weight: 2,
      arbitrary: fc.record({ kind: fc.constant('gate' as const), at: fc.option(step, { nil: undefined }) }),
    },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('quit' as const) }) },
  );
};

const scenario = graphs.chain((graph) =>
  fc.record({ graph: fc.constant(graph), events: fc.array(event(graph.length), { maxLength: 60 }) }),
);

const isOver = (state: State): boolean => state !== 'waiting' && state !== 'running';

class Pod {
  readonly #graph: readonly Node[];
  readonly #steps: { state: State; ran: boolean; saidOver: boolean }[];
  #order = 0;
  #gate: number | undefined;

  constructor(graph: readonly Node[]) {
    this.#graph = graph;
    this.#steps = graph.map(() => ({ state: 'waiting', ran: false, saidOver: false }));
  }

  get quit(): boolean {
    return this.#order === QUIT;
  }

  happens(event: Event): void {
    switch (event.kind) {
      case 'look':
        return this.#look(event.step);
      case 'end':
        if (this.step(event.step).state === 'running') this.step(event.step).state = event.as;
        return;
      case 'sayOver':
        for (const step of this.#steps) step.saidOver ||= step.state === 'silent';
        return;
      case 'advance':
        return this.#advance();
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
    for (let round = 0; round <= this.#steps.length; round++) {
      for (let step = 1; step <= this.#steps.length; step++) {
        this.happens({ kind: 'look', step });
        this.happens({ kind: 'end', step, as: 'Succeeded' });
        this.happens({ kind: 'sayOver' });
      }
    }
  }

  step(number: number) {
    const step = this.#steps[number - 1];
    if (step === undefined) throw new Error(`there is no step ${number}`);
    return step;
  }

  /** How a step that is over ended; what dies without a word fails. */
  kind(number: number): OutcomeKind {
    const { state } = this.step(number);
    return state === 'silent' || state === 'waiting' || state === 'running' ? 'Failed' : state;
  }

  /** The order moves up to the last step of which this is true, like all those before it: it is over, or may start. */
  #advance(): void {
    if (this.quit) return;
    const held = this.#steps.findIndex(({ state }, index) => {
      const { before = [] } = this.#graph[index] ?? {};
      const mayStart = before.every(
        (each) => isOver(this.step(each).state) && next({ outcome: this.kind(each) }) === 'go',
      );
      return !isOver(state) && !mayStart;
    });
    this.#order = Math.max(this.#order, held < 0 ? this.#steps.length : held);
  }

  #look(number: number): void {
    const step = this.step(number);
    const { before, always } = this.#graph[number - 1] ?? { before: [], always: false };
    if (step.state !== 'waiting') return;
    const predecessors = before.map((each) => this.#outcome(each));
    const decided = turn(number, { order: this.#order, gate: this.#gate, predecessors, always });
    const over = before.every((each) => isOver(this.step(each).state));
    switch (decided.kind) {
      case 'wait':
        return;
      case 'run':
        if (!always) expect(this.quit, 'a step starts after the quit value').toBe(false);
        expect(over, `step ${number} starts before its predecessors are over`).toBe(true);
        step.state = 'running';
        step.ran = true;
        return;
      case 'skip':
        expect(always).toBe(false);
        expect(before).toContain(decided.because.number);
        expect(next(decided.because)).toBe('stop');
        step.state = 'Skipped';
        return;
      case 'cancelled':
        expect(always).toBe(false);
        expect(this.quit).toBe(true);
        step.state = 'Cancelled';
    }
  }

  /** What an agent sees: the outcome that was posted, else what is said of the step. */
  #outcome(number: number): Outcome | undefined {
    const { state, saidOver } = this.step(number);
    if (saidOver) return outcomeOver(number, { outcome: 'Failed', exitCode: 137 });
    if (!isOver(state) || state === 'silent') return undefined;
    return outcomeOver(number, { outcome: this.kind(number), exitCode: 0 });
  }
}
