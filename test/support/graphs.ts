/** Random graphs of steps, and what must become of them. */
import { predecessorsOf } from '../../shared/task/graph.ts';
import { type Task } from '../../shared/task/task.ts';
import { type Random } from '../controller/chaos/random.ts';

type Step = Task['spec']['steps'][number];

export interface RandomGraph {
  spec: Task['spec'];
  /** How each step must end, as `s1 Succeeded`. */
  expected: readonly string[];
  /** Whether no step fails that may not. */
  isGood: boolean;
}

export interface Ended {
  name: string;
  startedAt?: string | undefined;
  finishedAt?: string | undefined;
}

const ENDS = { goes: 'Succeeded', 'may fail': 'Continued', fails: 'Failed' } as const;
type Fate = keyof typeof ENDS;
const FATES: readonly [Fate, ...Fate[]] = ['goes', 'goes', 'goes', 'goes', 'may fail', 'fails'];

/** A Task of at most `most` steps, some of which fail, some of which may. */
export function randomGraph({ between, pick }: Random, most: number, image: object): RandomGraph {
  const count = between(2, most);
  const fates = Array.from({ length: count }, () => pick(FATES));
  const stepOf = (name: string, fate: Fate): Step => ({
    name,
    ...image,
    command: ['sh', '-c', `sleep 0.${between(0, 3)}; exit ${fate === 'goes' ? 0 : 3}`],
    ...(fate === 'may fail' && { onError: 'continue' as const }),
  });
  const steps = fates.map((fate, index) => {
    const chosen = Array.from({ length: between(0, Math.min(index, 3)) }, () => `s${between(1, index)}`);
    const isPlain = between(1, 3) === 1;
    return { ...stepOf(`s${index + 1}`, fate), ...(!isPlain && { after: [...new Set(chosen)] }) };
  });
  const last = Array.from({ length: between(0, 2) }, () => pick<Fate>(['goes', 'goes', 'fails']));
  const spec: Task['spec'] = { steps, finally: last.map((fate, index) => stepOf(`f${index + 1}`, fate)) };

  const stops: boolean[] = [];
  const expected = predecessorsOf({ steps }).map((before, index) => {
    const isSkipped = before.some((number) => stops[number - 1] === true);
    stops.push(isSkipped || fates[index] === 'fails');
    return `s${index + 1} ${isSkipped ? 'Skipped' : ENDS[fates[index] ?? 'goes']}`;
  });
  const ends = last.map((fate, index) => `f${index + 1} ${fate === 'goes' ? 'Succeeded' : 'Failed'}`);
  return { spec, expected: [...expected, ...ends], isGood: !stops.includes(true) && !last.includes('fails') };
}

/** The steps that began before one that comes before them was over. */
export function tooEarly(spec: Task['spec'], steps: readonly Ended[]): string[] {
  return predecessorsOf(spec).flatMap((before, index) => {
    const began = Date.parse(steps[index]?.startedAt ?? '');
    const late = before.filter((number) => Date.parse(steps[number - 1]?.finishedAt ?? '') > began);
    return late.map((number) => `${steps[index]?.name} began before ${steps[number - 1]?.name} was over`);
  });
}
