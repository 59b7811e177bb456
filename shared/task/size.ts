/** How large the containers of a Task's steps will be, known before they are made. */
import type { Step, StepTemplate } from './task.ts';

/** What the API server takes at most as one request, bytes; no pod can be larger. */
export const MAX_POD_BYTES = 3 * 1024 * 1024;

/** A pod that no API server would take. */
export class PodTooLargeError extends Error {
  override name = 'PodTooLargeError';

  /** @param of - what takes how many bytes of it */
  constructor(bytes: number, of: string) {
    super(
      `the pod would have some ${bytes} bytes (${of}), and an API server takes ${MAX_POD_BYTES}; use fewer steps, or put what is large into a script, an image or a ConfigMap`,
    );
  }
}

/** The lists that a step's own is merged with, item by item, and what tells items apart. */
const KEYS = { env: 'name', volumeMounts: 'mountPath', volumeDevices: 'devicePath' } as const;

/**
 * A template goes into every step: a small Task can be a large pod. Nothing of the steps is put together here, so a
 * Task that is far too large costs no more than reading it once.
 *
 * @throws {PodTooLargeError}
 * @example checkSteps(steps, { env }) // throws when env, times the steps, is more than 3 MiB
 */
export function checkSteps(steps: readonly Step[], stepTemplate: StepTemplate | undefined): void {
  if (stepTemplate === undefined) return;
  const own = sizeOf(steps.map((step) => ({ ...step, script: undefined })));
  const given = sizesOf(stepTemplate);
  const inherited = steps.reduce((sum, step) => sum + inheritedBy(step, given), 0);
  if (own + inherited <= MAX_POD_BYTES) return;
  throw new PodTooLargeError(
    own + inherited,
    `stepTemplate ${sizeOf(stepTemplate)}, given to ${steps.length} steps; the steps themselves ${own}`,
  );
}

/** Bytes, as JSON. */
export function sizeOf(value: unknown): number {
  return Buffer.byteLength(JSON.stringify(value) ?? '');
}

interface Given {
  fields: readonly (readonly [name: string, bytes: number])[];
  /** Of the lists that are merged, what each item takes. */
  items: Readonly<Record<string, ReadonlyMap<unknown, number>>>;
}

function sizesOf({ name: _name, script: _script, ...template }: StepTemplate): Given {
  const items = Object.entries(KEYS).map(([list, key]) => {
    const given: readonly object[] = template[list as keyof typeof KEYS] ?? [];
    return [list, new Map(given.map((item) => [Reflect.get(item, key) as unknown, sizeOf(item)]))] as const;
  });
  const fields = Object.entries(template).map(
    ([field, value]) => [field, sizeOf({ [field]: value })] as const,
  );
  return { fields, items: Object.fromEntries(items) };
}

function inheritedBy(step: Step, { fields, items }: Given): number {
  const saysWhatRuns = Boolean(step.script) || Boolean(step.command?.length);
  let bytes = 0;
  for (const [field, size] of fields) {
    if (saysWhatRuns && (field === 'command' || field === 'args')) continue;
    const own: unknown = Reflect.get(step, field);
    if (own === undefined) bytes += size;
    else if (Array.isArray(own) && field in KEYS)
      bytes += size - replaced(own, field as keyof typeof KEYS, items);
  }
  return bytes;
}

function replaced(own: readonly object[], list: keyof typeof KEYS, items: Given['items']): number {
  const names = new Set(own.map((item) => Reflect.get(item, KEYS[list]) as unknown));
  let bytes = 0;
  for (const name of names) bytes += items[list]?.get(name) ?? 0;
  return bytes;
}
