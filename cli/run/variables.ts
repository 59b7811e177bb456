/** The variables of a step: what the kubelet makes of `env` and `envFrom`. Pure. */
import { isUtf8 } from 'node:buffer';
import { type DataObject } from '../../shared/manifest/data-objects.ts';
import { type CompleteStep } from '../../shared/task/step-template.ts';
import { expand } from '../../shared/turn/expansion.ts';

export interface Variables {
  /** In order: a later one may refer to an earlier one. */
  all: ReadonlyMap<string, string>;
  /** Those whose values may be shown: none is from a Secret, or put together with one. */
  open: ReadonlyMap<string, string>;
}

export interface Sources {
  /** Variables that replace or add to those of the step. */
  given: ReadonlyMap<string, string>;
  /** The ConfigMap or Secret of this name, where there is one. */
  find: (wanted: Pick<DataObject, 'kind' | 'name'>) => DataObject | undefined;
  report: (problem: string) => void;
}

type EnvVar = NonNullable<CompleteStep['env']>[number];

/** @example variablesOf(step, { given: new Map(), find: () => undefined, report }).all.get('HOME') */
export function variablesOf(step: Pick<CompleteStep, 'env' | 'envFrom'>, sources: Sources): Variables {
  const { given, report } = sources;
  const all = new Map<string, string>();
  const open = new Map<string, string>();
  const set = (name: string, value: string, isOpen: boolean): void => {
    all.set(name, value);
    if (isOpen) open.set(name, value);
    else open.delete(name);
  };
  for (const { name, value, isOpen } of fromAll(step, sources)) set(name, value, isOpen);
  for (const [index, variable] of (step.env ?? []).entries()) {
    const { name, value = '' } = variable;
    const replaced = given.get(name);
    if (replaced !== undefined) set(name, replaced, true);
    else if (value !== '' || variable.valueFrom === undefined) {
      const expanded = expand(value, all);
      set(name, expanded, expanded === expand(value, open));
    } else {
      const found = fromKey(variable, index, sources);
      if (found !== undefined) set(name, found.value, found.isOpen);
    }
  }
  for (const [name, value] of given) set(name, value, true);
  for (const [name, value] of all) {
    if (`${name}${value}`.includes('\0'))
      report(`has a NUL in the variable ${JSON.stringify(name)}, which no program can be given`);
  }
  return { all, open };
}

interface Found {
  value: string;
  isOpen: boolean;
}

function* fromAll({ envFrom = [] }: Pick<CompleteStep, 'envFrom'>, { given, find, report }: Sources) {
  for (const [index, { configMapRef, secretRef, prefix = '' }] of envFrom.entries()) {
    const kind = configMapRef === undefined ? 'Secret' : 'ConfigMap';
    const { name = '', optional } = configMapRef ?? secretRef ?? {};
    const object = find({ kind, name });
    if (object === undefined && optional !== true && given.size === 0)
      report(
        `takes envFrom[${index}] from ${kind} ${name}, which only a cluster has; put the ${kind} into a file beside the Task, or give its variables with --env NAME=VALUE`,
      );
    for (const [key, bytes] of object?.variables ?? []) {
      const from = { variable: `${prefix}${key}`, of: `${kind} ${name}`, key };
      yield { name: `${prefix}${key}`, value: textOf(bytes, from, report), isOpen: kind === 'ConfigMap' };
    }
  }
}

function fromKey({ name: variable, valueFrom }: EnvVar, index: number, sources: Sources): Found | undefined {
  const { configMapKeyRef, secretKeyRef } = valueFrom ?? {};
  const ref = configMapKeyRef ?? secretKeyRef;
  const takes = `takes env[${index}] ${variable} from`;
  if (ref === undefined) {
    const source = Object.keys(valueFrom ?? {})[0] ?? 'valueFrom';
    sources.report(`${takes} ${source}, which only a cluster has; give it with --env ${variable}=VALUE`);
    return undefined;
  }
  const kind = configMapKeyRef === undefined ? 'Secret' : 'ConfigMap';
  const { name = '', key, optional } = ref;
  const object = sources.find({ kind, name });
  const bytes = object?.variables.get(key);
  if (bytes !== undefined) {
    const from = { variable, of: `${kind} ${name}`, key };
    return { value: textOf(bytes, from, sources.report), isOpen: kind === 'ConfigMap' };
  }
  if (optional !== true) {
    sources.report(
      object === undefined
        ? `${takes} ${kind} ${name}, which only a cluster has; put the ${kind} into a file beside the Task, or give the variable with --env ${variable}=VALUE`
        : `${takes} ${kind} ${name}, which has no key ${JSON.stringify(key)} for a variable; correct the key, or give the variable with --env ${variable}=VALUE`,
    );
  }
  return undefined;
}

function textOf(
  bytes: Uint8Array,
  { variable, of, key }: { variable: string; of: string; key: string },
  report: Sources['report'],
): string {
  if (!isUtf8(bytes))
    report(
      `takes ${variable} from ${of}, whose key ${JSON.stringify(key)} is not UTF-8; a local step cannot be given it, so give another value with --env ${variable}=VALUE`,
    );
  return new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes);
}
