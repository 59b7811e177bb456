/** The Task's own results, from those of its steps. Pure. */
import { valuesOf } from './param-values.ts';
import { fillIn, type Paths } from './references/fill.ts';
import { isRunTime, type RunTimeReference } from './references/reference.ts';
import { tokensOf } from './references/tokens.ts';
import type { Result } from './results.ts';
import type { TaskSpec } from './task.ts';

/** How a step ended and what it left, as a status says it. */
export interface StepEnd {
  name: string;
  state: string;
  exitCode?: number | undefined;
  results?: readonly Result[] | undefined;
}

/** The most bytes of a result that a status shows. */
const MAX_SHOWN = 4096;

/**
 * The results that all parts are known of, in the order of the spec. What is too large for a status is named with its size.
 *
 * @example taskResults(spec, [{ name: 'a', state: 'Succeeded', results: [{ name: 'commit', value: 'abc' }] }], paths) // [{ name: 'commit', value: 'abc' }]
 */
export function taskResults(spec: TaskSpec, steps: readonly StepEnd[], paths: Paths): Result[] {
  if (spec.results === undefined) return [];
  const { params, workspaces, results } = spec;
  const { values } = valuesOf(params);
  const known = fillIn({ workspaces, results, steps: spec.steps, finally: spec.finally }, { values, paths });
  return (known.results ?? []).flatMap(({ name, value }): Result[] => {
    const parts = tokensOf(value, 'kubelet').map((token) =>
      token.kind === 'reference' && isRunTime(token.reference)
        ? said(token.reference, steps)
        : // As the kubelet has it: two "$" are one.
          { value: token.text.replaceAll('$$', () => '$') },
    );
    if (parts.some((part) => part === undefined)) return [];
    const text = parts.map((part) => part?.value ?? '').join('');
    const left = parts.reduce((sum, part) => sum + (part?.size ?? 0), 0);
    const size = Buffer.byteLength(text) + left;
    return [left > 0 || size > MAX_SHOWN ? { name, size } : { name, value: text }];
  });
}

function said(
  reference: RunTimeReference,
  steps: readonly StepEnd[],
): { value?: string | undefined; size?: number | undefined } | undefined {
  if (reference.of === 'outcome') return undefined;
  const step = steps.find(({ name }) => name === reference.step);
  switch (reference.field) {
    case 'outcome':
      return step && { value: step.state };
    case 'exitCode':
      return step?.exitCode === undefined ? undefined : { value: String(step.exitCode) };
    case 'results':
      return step?.results?.find(({ name }) => name === reference.result);
  }
}
