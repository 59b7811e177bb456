/** What a campaign does, made of numbers: random Tasks, and what happens to each while it runs. */
import type { Random } from '../../test/controller/chaos/random.ts';

export interface PlannedStep {
  name: string;
  /** For how many fifths of a second it shows a sign of life. */
  beats: number;
  exitCode: number;
  onError: 'stop' | 'continue';
  /** ms */
  timeout?: number;
  /** Whether it does not hear SIGTERM. */
  stubborn: boolean;
  /** The steps before it; absent: the one written before. */
  after?: readonly string[];
  /** It runs only if the outcome of that step is this one, or is not. */
  when?: { step: string; operator: 'in' | 'notin'; outcome: 'Succeeded' | 'Continued' | 'Omitted' };
  /** How often its command fails before it ends as it will; it is run again that often. */
  failures: number;
  /** The step whose result it takes. */
  takes?: string;
}

/** Something that is done to a Task, so many milliseconds after it was posted. */
export type Act = { after: number } & (
  | { kind: 'cancel' | 'suspend' | 'resume' | 'delete-task' | 'delete-pod' | 'unlabel' | 'disown' }
  /** `null` takes the annotation away. */
  | { kind: 'annotate'; name: 'order' | 'gate' | 'stop'; value: string | null }
  /** The agent of a step gets SIGKILL, and with it the container. */
  | { kind: 'kill-agent'; step: string }
);

export interface Plan {
  name: string;
  steps: readonly PlannedStep[];
  finally: readonly PlannedStep[];
  failFast: boolean;
  /** ms */
  timeout?: number;
  handOff: 'Direct' | 'Controller';
  /** Whether it is born suspended. */
  suspend: boolean;
  /** In the order in which they happen. */
  acts: readonly Act[];
}

/** The size of what is done: Tasks of a few hundred milliseconds on a laptop, of some seconds on a cluster. */
export interface Scale {
  /** The most steps of a chain, and of a graph. */
  steps: number;
  graph: number;
  beats: number;
  /** The first seconds of a Task, ms: a third of what happens does so in them. */
  early: number;
}

export const ON_A_CLUSTER: Scale = { steps: 12, graph: 40, beats: 12, early: 3_000 };

/**
 * The Task of this number in the campaign of this random source, and what happens to it.
 *
 * @example planOf(randomOf(7), 'chaos-1', ON_A_CLUSTER).steps.length // 1 to 40
 */
export function planOf(random: Random, name: string, scale: Scale): Plan {
  const { between } = random;
  const chance = chanceOf(random);
  const isGraph = chance(40);
  const steps = isGraph ? graphOf(random, scale) : chainOf(random, scale);
  const last = Array.from({ length: chance(60) ? 0 : between(1, 2) }, (_, index) => ({
    ...stepOf(random, `f${index}`, scale),
    ...whenOf(random, steps),
  }));
  // Of a graph more than one step runs at a time.
  const beats = steps.reduce((sum, each) => sum + each.beats, 0);
  const length = 1_000 + (beats * 200) / (isGraph ? 3 : 1);
  const suspend = chance(8);
  const acts = Array.from({ length: random.pick([0, 1, 1, 1, 2, 2]) }, () => {
    const after = chance(40) ? between(0, scale.early) : between(0, Math.trunc(length) + 1_000);
    return actsOf(random, after, [...steps, ...last]);
  }).flat();
  if (suspend) acts.push({ kind: 'resume', after: between(0, scale.early) });
  return {
    name,
    steps,
    finally: last,
    failFast: chance(isGraph ? 20 : 0),
    ...(chance(15) && { timeout: between(500, Math.trunc(length) + scale.early) }),
    handOff: chance(10) ? 'Controller' : 'Direct',
    suspend,
    acts: acts.toSorted((one, other) => one.after - other.after),
  };
}

function chanceOf({ between }: Random): (percent: number) => boolean {
  return (percent) => between(1, 100) <= percent;
}

function chainOf(random: Random, scale: Scale): PlannedStep[] {
  // Not in the order of the alphabet, in which a kubelet shows them.
  const names = Array.from({ length: random.between(1, scale.steps) }, (_, index) => `s${(index * 7) % 13}`);
  const steps: PlannedStep[] = [];
  for (const name of names)
    steps.push({
      ...stepOf(random, name, scale),
      ...whenOf(random, steps.slice(-1)),
      ...takesOf(random, steps),
    });
  return steps;
}

/** A graph of some width: each step comes after none, one or some of the few before it. */
function graphOf(random: Random, scale: Scale): PlannedStep[] {
  const { between, pick } = random;
  const chance = chanceOf(random);
  const count = between(
    2,
    pick([4, 8, 16, scale.graph].map((most) => Math.min(most, scale.graph)) as [number]),
  );
  const width = between(1, 6);
  const steps: PlannedStep[] = [];
  for (let index = 0; index < count; index += 1) {
    const near = steps.slice(-width).map(({ name }) => name);
    const chosen =
      near.length === 0 ? [] : Array.from({ length: between(0, 3) }, () => pick(near as [string]));
    const after = chance(20) ? undefined : [...new Set(chosen)];
    const known = steps.filter(({ name }) => (after ?? near.slice(-1)).includes(name));
    steps.push({
      // Not in the order of the alphabet, in which a kubelet shows them.
      ...stepOf(random, `s${(index * 17) % 41}`, scale),
      ...(after !== undefined && { after }),
      ...whenOf(random, known),
      ...takesOf(random, known),
    });
  }
  return steps;
}

/** Of a step that may be told what became of these. */
function whenOf(random: Random, known: readonly PlannedStep[]): Pick<PlannedStep, 'when'> {
  const { between, pick } = random;
  const step = known[between(0, known.length - 1)]?.name;
  if (step === undefined || between(1, 100) > 15) return {};
  return {
    when: {
      step,
      operator: pick(['in', 'notin']),
      outcome: pick(['Succeeded', 'Succeeded', 'Continued', 'Omitted']),
    },
  };
}

function takesOf(random: Random, known: readonly PlannedStep[]): Pick<PlannedStep, 'takes'> {
  // What one that may not run has left is another story.
  const takes = known.findLast(({ when, onError }) => when === undefined && onError === 'stop')?.name;
  return takes !== undefined && random.between(1, 100) <= 30 ? { takes } : {};
}

function stepOf(random: Random, name: string, scale: Scale): PlannedStep {
  const { between } = random;
  const chance = chanceOf(random);
  const fails = chance(8);
  return {
    name,
    beats: chance(25) ? 0 : between(0, scale.beats),
    exitCode: fails ? between(1, 120) : 0,
    onError: chance(fails ? 60 : 10) ? 'continue' : 'stop',
    ...(chance(6) && { timeout: between(500, scale.beats * 200) }),
    stubborn: chance(5),
    failures: chance(10) ? between(1, 2) : 0,
  };
}

function actsOf(random: Random, after: number, steps: readonly PlannedStep[]): Act[] {
  const later = after + random.between(200, 5_000);
  const annotate = (name: 'order' | 'gate' | 'stop', value: string): Act => ({
    kind: 'annotate',
    name,
    value,
    after,
  });
  const kind = random.pick([
    ...([
      'cancel',
      'cancel',
      'suspend',
      'suspend',
      'kill-agent',
      'kill-agent',
      'gate',
      'delete-pod',
    ] as const),
    ...(['delete-task', 'stop', 'order', 'unlabel', 'disown'] as const),
  ]);
  switch (kind) {
    case 'suspend':
      return [
        { kind, after },
        { kind: 'resume', after: later },
      ];
    case 'kill-agent':
      return [{ kind, after, step: steps[random.between(0, steps.length - 1)]?.name ?? '' }];
    case 'gate':
      return [
        annotate('gate', random.pick(['-5', '0', '2', '3', 'three', '999999999999999999999'])),
        { kind: 'annotate', name: 'gate', value: null, after: later },
      ];
    case 'stop':
      return [annotate('stop', random.pick(['{', 'null', '{"reason":"Cancelled","message":"x"}', '""']))];
    case 'order':
      return [annotate('order', random.pick(['-1', '-1', 'x', '-7']))];
    case 'cancel':
    case 'delete-pod':
    case 'delete-task':
    case 'unlabel':
    case 'disown':
      return [{ kind, after }];
  }
}
