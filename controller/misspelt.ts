/** What fields of a Task were probably meant to be, asked only when a pod was refused for one: it needs the schema. */
import { explainUnknown } from '../shared/manifest/explain.ts';
import { findUnknown } from '../shared/manifest/unknown.ts';
import { formatPath } from '../shared/manifest/words.ts';
import { specSchema } from '../shared/task/task.ts';
import type { StoredTask } from './stored-task.ts';

/** @example misspelt(task) // ['spec.steps[0].envs: unknown field; did you mean "env"?'] */
export function misspelt({ spec }: Pick<StoredTask, 'spec'>): string[] {
  return findUnknown(specSchema, spec, ['spec']).map(
    (field) => `${formatPath(field.path)}: ${explainUnknown(field)}`,
  );
}
