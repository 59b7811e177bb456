/** What may stand between `$(` and `)`, where it is taskflow's and not the kubelet's or a shell's. */

/** A param as a whole, an item of a list or all of them, or the value of a key. */
export interface ParamReference {
  of: 'params';
  name: string;
  item?: number | '*';
  key?: string;
}

export interface WorkspaceReference {
  of: 'workspaces';
  name: string;
  field: 'path' | 'bound';
}

/** The file in which a step leaves one of its own results. */
export interface ResultReference {
  of: 'results';
  name: string;
}

/** What another step left, or how it ended: known only when it is over. */
export type StepReference =
  | { of: 'steps'; step: string; field: 'outcome' | 'exitCode' }
  | { of: 'steps'; step: string; field: 'results'; result: string };

/** How the Task goes, for its last steps. */
export interface OutcomeReference {
  of: 'outcome';
}

export type Reference =
  | ParamReference
  | WorkspaceReference
  | ResultReference
  | StepReference
  | OutcomeReference
  /** Begins as ours do, and is none. */
  | { of: 'nothing'; expected: string };

/** Those that only the agent can fill in, when the step's turn has come. */
export type RunTimeReference = StepReference | OutcomeReference;

/** What a param can be called: `$(params.NAME.KEY)` needs the first dot. */
export const PARAM_NAME = /^[A-Za-z_][A-Za-z0-9_-]*$/;

const FORMS = {
  params: /^([A-Za-z_][A-Za-z0-9_-]*)(?:\[(\*|\d{1,9})\]|\.([\w./-]+))?$/,
  workspaces: /^([\w-]+)\.(path|bound)$/,
  results: /^([\w.-]+)\.path$/,
  steps: /^([\w-]+)\.(?:(outcome|exitCode)|results\.([\w.-]+))$/,
} as const;

const EXPECTED = {
  params: 'write $(params.NAME), $(params.NAME[*]), $(params.NAME[0]) or $(params.NAME.KEY)',
  workspaces: 'write $(workspaces.NAME.path) or $(workspaces.NAME.bound)',
  results: 'write $(results.NAME.path)',
  steps: 'write $(steps.STEP.results.NAME), $(steps.STEP.outcome) or $(steps.STEP.exitCode)',
} as const;

/**
 * @param inner - what stands between `$(` and `)`, beginning as ours do; `undefined` where no `)` comes
 * @example parseReference('params.flags[0]') // { of: 'params', name: 'flags', item: 0 }
 */
export function parseReference(inner: string): Reference {
  if (inner === 'outcome') return { of: 'outcome' };
  const [kind] = /^[a-z]+/.exec(inner) ?? [''];
  const rest = inner.slice(kind.length + 1);
  const of = kind as keyof typeof FORMS;
  const found = inner[kind.length] === '.' ? FORMS[of].exec(rest) : null;
  if (found === null) return { of: 'nothing', expected: EXPECTED[of] };
  const [, name = '', second, third] = found;
  switch (of) {
    case 'params':
      if (third !== undefined) return { of, name, key: third };
      if (second === undefined) return { of, name };
      return { of, name, item: second === '*' ? '*' : Number(second) };
    case 'workspaces':
      return { of, name, field: second === 'path' ? 'path' : 'bound' };
    case 'results':
      return { of, name };
    case 'steps':
      if (third !== undefined) return { of, step: name, field: 'results', result: third };
      return { of, step: name, field: second === 'outcome' ? 'outcome' : 'exitCode' };
  }
}

/** Whether only the agent knows what it stands for. */
export function isRunTime(reference: Reference): reference is RunTimeReference {
  return reference.of === 'steps' || reference.of === 'outcome';
}
