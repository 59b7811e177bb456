/** A Task as it runs: everything filled in, each step with what `stepTemplate` gives it. */
import { IN_POD } from '../pod/paths.ts';
import { everyStep } from './finally.ts';
import { FINALLY_TIMEOUT } from './limits.ts';
import { valuesOf } from './param-values.ts';
import { fillIn, InvalidParamsError, type Paths } from './references/fill.ts';
import { checkSteps } from './size.ts';
import type { Step, StepTemplate, TaskSpec } from './task.ts';
import { checkWorkspaces } from './workspace-rules.ts';

/** A step that has its image, its own or the template's. */
export type CompleteStep = Step & {
  image: string;
  /** Whether it runs whatever became of the others: one of `finally`. */
  always?: true;
};

/** What makes a Task's spec whole. */
export type Fillable = Pick<TaskSpec, 'steps' | 'finally' | 'stepTemplate' | 'params'>;

/** Of a Task everything as it runs. Its params and references are done with: nothing is filled in a second time. */
export type Whole<Spec extends Fillable> = Omit<Spec, 'params' | 'stepTemplate' | 'steps' | 'finally'> & {
  steps: CompleteStep[];
  finally?: CompleteStep[];
};

/**
 * The spec with its references filled in, as {@link fillIn} does it, and then the template applied, as {@link stepsOf} says.
 *
 * Pod, local run and image lookup all begin with this.
 *
 * @param paths - where things will be; by default in a pod
 * @throws {InvalidParamsError}
 * @throws {PodTooLargeError} before anything is put together
 * @throws {Error} when neither a step nor the template names an image, which no valid Task has
 */
export function wholeOf<Spec extends Fillable>(spec: Spec, paths: Paths = IN_POD): Whole<Spec> {
  const { values, problems } = valuesOf(spec.params);
  if (problems.length > 0) throw new InvalidParamsError(problems);
  const filled = fillIn(spec, { values, paths });
  // What a CRD cannot say of them; once more, since a place may have been a reference.
  checkWorkspaces(filled, (path, message) => problems.push({ path, message }));
  if (problems.length > 0) throw new InvalidParamsError(problems);
  const { params: _, stepTemplate, steps, finally: last, ...rest } = filled;
  checkSteps(everyStep({ steps, finally: last }), stepTemplate);
  const whole = (step: Step): CompleteStep =>
    complete(stepTemplate === undefined ? step : merge(stepTemplate, step));
  const limited = ({ timeout = FINALLY_TIMEOUT, ...step }: CompleteStep): CompleteStep => ({
    ...step,
    timeout,
    always: true,
  });
  return {
    ...rest,
    steps: steps.map(whole),
    ...(last && { finally: last.map((step) => limited(whole(step))) }),
  };
}

/**
 * The steps, those of `finally` last, with the template applied, as Tekton does it: what a step says itself wins; `env` is merged by name,
 * `volumeMounts` by mountPath and `volumeDevices` by devicePath, of all else the step has its own or the template's.
 * What runs is one thing: a step with a script or command of its own takes neither command nor args of the template.
 *
 * @throws as {@link wholeOf}
 * @see https://tekton.dev/docs/pipelines/tasks/#specifying-a-step-template
 * @example stepsOf({ steps: [{ name: 'a' }], stepTemplate: { image: 'busybox' } }) // [{ image: 'busybox', name: 'a' }]
 */
export function stepsOf(spec: Fillable, paths: Paths = IN_POD): readonly CompleteStep[] {
  return everyStep(wholeOf(spec, paths));
}

function complete(step: Step): CompleteStep {
  const { image } = step;
  if (image === undefined) throw new Error(`step ${step.name} has no image`);
  return { ...step, image };
}

function merge(template: StepTemplate, step: Step): Step {
  const { name: _name, script: _script, command, args, ...rest } = template;
  const saysWhatRuns = Boolean(step.script) || Boolean(step.command?.length);
  const merged: Step = {
    ...rest,
    ...(!saysWhatRuns && { ...(command && { command }), ...(args && { args }) }),
    ...step,
  };
  return {
    ...merged,
    ...mergedList('env', template.env, step.env, ({ name }) => name),
    ...mergedList('volumeMounts', template.volumeMounts, step.volumeMounts, ({ mountPath }) => mountPath),
    ...mergedList(
      'volumeDevices',
      template.volumeDevices,
      step.volumeDevices,
      ({ devicePath }) => devicePath,
    ),
  };
}

/**
 * The template's items, each replaced in its place by the step's of the same key, and then the step's others: so a
 * variable of the template that refers to another one sees what the step makes of that.
 */
function mergedList<Name extends string, Item>(
  name: Name,
  given: readonly Item[] | undefined,
  own: readonly Item[] | undefined,
  keyOf: (item: Item) => string,
): { [key in Name]?: Item[] } {
  if (given === undefined || own === undefined) return {};
  const replacements = new Map(own.map((item) => [keyOf(item), item]));
  const kept = new Set(given.map(keyOf));
  const items = [
    ...given.map((item) => replacements.get(keyOf(item)) ?? item),
    ...own.filter((item) => !kept.has(keyOf(item))),
  ];
  return { [name]: items } as { [key in Name]?: Item[] };
}
