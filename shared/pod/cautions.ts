/** What a Task says that a pod cannot do as it is probably meant. */
import { stepsOf } from '../task/step-template.ts';
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
  return stepsOf(spec).flatMap(({ name: step, volumeMounts = [] }) => {
    const found = volumeMounts.flatMap(({ name, subPath, subPathExpr }) => {
      const part = subPath ?? subPathExpr;
      const by = filled.get(name);
      if (by === undefined || part === undefined || part === '') return [];
      return [
        `step ${step} mounts the subPath ${part} of volume ${name}, which the kubelet makes as a directory before step ${by} can; if it is to be a file, mount the volume without subPath`,
      ];
    });
    for (const { name, readOnly } of volumeMounts) {
      if (readOnly !== true && !filled.has(name)) filled.set(name, step);
    }
    return found;
  });
}
