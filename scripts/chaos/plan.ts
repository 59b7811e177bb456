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
  steps: number;
  beats: number;
  /** The first seconds of a Task, ms: a third of what happens does so in them. */
  early: number;
}

export const ON_A_CLUSTER: Scale = { steps: 12, beats: 12, early: 3_000 };

/**
 * The Task of this number in the campaign of this random source, and what happens to it.
 *
 * @example planOf(randomOf(7), 'chaos-1', ON_A_CLUSTER).steps.length // 1 to 12
 */
export function planOf(random: Random, name: string, scale: Scale): Plan {
  const { between } = random;
  const chance = (percent: number): boolean => between(1, 100) <= percent;
  const steps = Array.from({ length: between(1, scale.steps) }, (_, index) => stepOf(random, index, scale));
  const length = steps.reduce((sum, { beats }) => sum + beats * 200, 1_000);
  const suspend = chance(8);
  const acts = Array.from({ length: random.pick([0, 1, 1, 1, 2, 2]) }, () => {
    const after = chance(40) ? between(0, scale.early) : between(0, length + 1_000);
    return actsOf(random, after, steps);
  }).flat();
  if (suspend) acts.push({ kind: 'resume', after: between(0, scale.early) });
  return {
    name,
    steps,
    ...(chance(15) && { timeout: between(500, length + scale.early) }),
    handOff: chance(10) ? 'Controller' : 'Direct',
    suspend,
    acts: acts.toSorted((one, other) => one.after - other.after),
  };
}

function stepOf({ between }: Random, index: number, scale: Scale): PlannedStep {
  const chance = (percent: number): boolean => between(1, 100) <= percent;
  const fails = chance(8);
  return {
    // Not in the order of the alphabet, in which a kubelet shows them.
    name: `s${(index * 7) % 13}`,
    beats: chance(25) ? 0 : between(0, scale.beats),
    exitCode: fails ? between(1, 120) : 0,
    onError: chance(fails ? 60 : 10) ? 'continue' : 'stop',
    ...(chance(6) && { timeout: between(500, scale.beats * 200) }),
    stubborn: chance(5),
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
