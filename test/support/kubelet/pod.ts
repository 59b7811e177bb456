/** A pod as its kubelet reads it. */
import { basename } from 'node:path';
import { parseInteger } from '../../../shared/turn/order.ts';
import { parseOver, type Over } from '../../../shared/turn/over.ts';
import { GATE_ANNOTATION, ORDER_ANNOTATION, OVER_ANNOTATION } from '../../../shared/pod/pod.ts';
import { listOf, textOf, type ApiObject, type Fields } from '../api-server/object.ts';

export interface PodContainer {
  name: string;
  image: string;
  /** An init container that goes on beside the others. */
  sidecar: boolean;
  fields: Fields;
}

/** What a step's agent was told; absent where a container's command is no agent. */
export interface AgentOrders {
  step: string;
  number: number;
  /** The numbers of its predecessors; `undefined` when it was told nothing of any. */
  after: readonly number[] | undefined;
  /** Whether it runs whatever became of those. */
  always: boolean;
  onError: 'stop' | 'continue';
}

export function containersOf({ spec }: ApiObject, key: 'containers' | 'initContainers'): PodContainer[] {
  return listOf(spec?.[key]).map((fields) => ({
    name: textOf(fields['name']),
    image: textOf(fields['image']),
    sidecar: key === 'initContainers' && fields['restartPolicy'] === 'Always',
    fields,
  }));
}

export function textsOf(value: unknown): string[] {
  return Array.isArray(value) ? value.map(textOf) : [];
}

/** The flags of a step's agent, as far as they decide when it starts and what comes of it. */
export function agentOrders({ name, fields }: PodContainer): AgentOrders | undefined {
  const args = textsOf(fields['args']);
  const command = args.findIndex((arg) => arg === '--command' || arg === '--');
  const flags = command < 0 ? args : args.slice(0, command);
  const valuesOf = (flag: string): string[] =>
    flags.flatMap((arg, index) => (arg === flag ? [flags[index + 1] ?? ''] : []));
  const number = parseInteger(valuesOf('--waitcontent')[0] ?? '');
  if (number === undefined) return undefined;
  return {
    step: valuesOf('--step')[0] ?? name,
    number,
    after:
      flags.includes('--first') || flags.includes('--after')
        ? valuesOf('--after').map((directory) => Number(basename(directory)))
        : undefined,
    always: flags.includes('--always'),
    onError: valuesOf('--on-error')[0] === 'continue' ? 'continue' : 'stop',
  };
}

/** How long until a deadline that it was given while it runs, ms; `undefined` when it has none. */
export function untilDeadline({ spec }: ApiObject, startTime: string): number | undefined {
  const seconds = spec?.['activeDeadlineSeconds'];
  if (typeof seconds !== 'number') return undefined;
  return Math.max(0, Date.parse(startTime) + seconds * 1000 - Date.now());
}

/** What a kubelet says of a pod that it ended for its deadline. */
export const EXPIRED = {
  reason: 'DeadlineExceeded',
  message: 'Pod was active on the node longer than the specified deadline',
};

/** The order, the gate, and what is said of steps that said nothing, as its annotations have them. */
export function ordersOf({ metadata: { annotations = {} } }: ApiObject): {
  order: number | undefined;
  gate: number | undefined;
  over: Over['steps'];
} {
  return {
    order: parseInteger(annotations[ORDER_ANNOTATION] ?? ''),
    gate: parseInteger(annotations[GATE_ANNOTATION] ?? ''),
    over: parseOver(annotations[OVER_ANNOTATION] ?? '').steps,
  };
}
