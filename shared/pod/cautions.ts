/** What a Task says that a pod cannot do as it is probably meant. */
import { shellTexts, unquotedParams } from '../task/references/unquoted.ts';
import { workspaceVolume } from './paths.ts';
import { everyStep } from '../task/finally.ts';
import { mounted } from './workspaces.ts';
import { wholeOf } from '../task/step-template.ts';
import type { Task } from '../task/task.ts';

/**
 * A sentence for each `subPath` of a volume that an earlier step may fill. All containers of a pod start at once, and
 * where there is nothing yet the kubelet makes a directory: a file that the earlier step wants to write there cannot be made.
 * The volume without `subPath` shows what is in it when the step's turn has come.
 *
 * @example cautions(task) // ['step run mounts the subPath app.conf of volume data, …']
 */
export function cautions({ spec }: Pick<Task, 'spec'>): string[] {
  const filled = new Map<string, string>();
  return everyStep(mounted(wholeOf(spec))).flatMap(({ name: step, volumeMounts = [] }) => {
    const found = volumeMounts.flatMap(({ name, subPath, subPathExpr }) => {
      const part = subPath ?? subPathExpr;
      const by = filled.get(name);
      if (by === undefined || part === undefined || part === '') return [];
      return [
        `step ${step} mounts the subPath ${part} of ${ofVolume(name)}, which the kubelet makes as a directory before step ${by} can; if it is to be a file, or is not to be there yet, leave out subPath`,
      ];
    });
    for (const { name, readOnly } of volumeMounts) {
      if (readOnly !== true && !filled.has(name)) filled.set(name, step);
    }
    return found;
  });
}

/** What the Task calls it. */
function ofVolume(name: string): string {
  const prefix = workspaceVolume('');
  return name.startsWith(prefix) ? `workspace ${name.slice(prefix.length)}` : `volume ${name}`;
}

/**
 * A sentence for each param that a shell's text has without quotes, but for one whose values are all harmless.
 *
 * @example shellCautions(task) // ['step run puts param file into a shell line without quotes, …']
 */
export function shellCautions({ spec }: Pick<Task, 'spec'>): string[] {
  const { params = [], stepTemplate } = spec;
  const harmless = new Set(
    params
      .filter(({ enum: words }) => words?.every((word) => /^[\w./:@%+=,-]+$/.test(word)) === true)
      .map(({ name }) => name),
  );
  return everyStep(spec).flatMap((step) => {
    const own = step.command || step.script ? step : { ...step, command: stepTemplate?.command };
    const names = new Set(shellTexts(own).flatMap(unquotedParams));
    return [...names]
      .filter((name) => !harmless.has(name))
      .map(
        (name) =>
          `step ${step.name} puts param ${name} into a shell line without quotes: its value becomes a part of the program; give it by env, and write the variable in quotes`,
      );
  });
}
