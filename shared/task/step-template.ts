/** The steps of a Task as they run: each with what `stepTemplate` gives it. */
import { checkSteps } from './size.ts';
import type { Step, StepTemplate, TaskSpec } from './task.ts';

/** A step that has its image, its own or the template's. */
export type CompleteStep = Step & { image: string };

/**
 * The steps with the template applied, as Tekton does it: what a step says itself wins; `env` is merged by name,
 * `volumeMounts` by mountPath and `volumeDevices` by devicePath, of all else the step has its own or the template's.
 * What runs is one thing: a step with a script or command of its own takes neither command nor args of the template.
 *
 * Pod, local run and image lookup all go by this.
 *
 * @throws {PodTooLargeError} before anything is put together
 * @throws {Error} when neither a step nor the template names an image, which no valid Task has
 * @see https://tekton.dev/docs/pipelines/tasks/#specifying-a-step-template
 * @example stepsOf({ steps: [{ name: 'a' }], stepTemplate: { image: 'busybox' } }) // [{ image: 'busybox', name: 'a' }]
 */
export function stepsOf({ steps, stepTemplate }: Pick<TaskSpec, 'steps' | 'stepTemplate'>): CompleteStep[] {
  checkSteps({ steps, ...(stepTemplate && { stepTemplate }) });
  return steps.map((step) => complete(stepTemplate === undefined ? step : merge(stepTemplate, step)));
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
