import { describe, expect, it } from 'vitest';
import { ON_A_CLUSTER, planOf, type Plan } from '../../scripts/chaos/plan.ts';
import { specOf } from '../../scripts/chaos/task.ts';
import { wholeOf } from '../../shared/task/step-template.ts';
import { specSchema } from '../../shared/task/task.ts';
import { randomOf } from '../controller/chaos/random.ts';

const plans = Array.from({ length: 400 }, (_, number) =>
  planOf(randomOf(7 + number), `chaos-${number}`, ON_A_CLUSTER),
);
const place = { image: 'busybox', imagePullPolicy: 'Never', directory: '/tmp/x', mount: true } as const;
const acts = plans.flatMap((plan) => plan.acts);

describe('a plan', () => {
  it('is the same for the same seed', () => {
    expect(planOf(randomOf(9), 'x', ON_A_CLUSTER)).toEqual(planOf(randomOf(9), 'x', ON_A_CLUSTER));
  });

  it('is a Task that is valid', () => {
    for (const plan of plans) {
      const spec = specOf(plan, place);
      expect(specSchema.safeParse(spec).error).toBeUndefined();
      expect(() => wholeOf(spec)).not.toThrow();
    }
  });

  it('does everything that can be done, in the first second too', () => {
    const kinds = [
      'cancel',
      'suspend',
      'resume',
      'annotate',
      'kill-agent',
      'delete-pod',
      'delete-task',
      'unlabel',
      'disown',
    ];
    expect(new Set(acts.map(({ kind }) => kind))).toEqual(new Set(kinds));
    expect(new Set(acts.filter(({ after }) => after < 1_000).map(({ kind }) => kind))).toEqual(
      new Set(kinds),
    );
  });

  it.each<[string, (plan: Plan) => boolean]>([
    ['one step', ({ steps }) => steps.length === 1],
    ['thirty steps and more', ({ steps }) => steps.length > 30],
    ['several branches', ({ steps }) => steps.filter(({ after }) => after?.length === 0).length > 1],
    ['a join', ({ steps }) => steps.some(({ after = [] }) => after.length > 1)],
    ['steps that come last', (plan) => plan.finally.length > 0],
    ['a condition', ({ steps }) => steps.some(({ when }) => when !== undefined)],
    ['a condition of what comes last', (plan) => plan.finally.some(({ when }) => when !== undefined)],
    ['a step that is run again', ({ steps }) => steps.some(({ failures }) => failures > 0)],
    ['a result that is taken', ({ steps }) => steps.some(({ takes }) => takes !== undefined)],
    ['failFast', ({ failFast }) => failFast],
    ['a time limit', ({ timeout }) => timeout !== undefined],
    ['the controller to hand off', ({ handOff }) => handOff === 'Controller'],
    ['a step that fails', ({ steps }) => steps.some(({ exitCode }) => exitCode !== 0)],
    ['a step that may fail', ({ steps }) => steps.some(({ onError }) => onError === 'continue')],
    ['a step with a time limit', ({ steps }) => steps.some(({ timeout }) => timeout !== undefined)],
    ['nothing that happens to it', (plan) => plan.acts.length === 0],
  ])('can have %s', (_, has) => {
    expect(plans.some(has)).toBe(true);
  });

  it('lets go whatever it holds', () => {
    for (const plan of plans) {
      const last = plan.acts.findLast(({ kind }) => kind === 'suspend' || kind === 'resume');
      expect(last?.kind ?? 'resume').toBe('resume');
      const gate = plan.acts.findLast((act) => act.kind === 'annotate' && act.name === 'gate');
      expect(gate?.kind === 'annotate' ? gate.value : null).toBeNull();
    }
  });
});
