import type { z } from 'zod';

/** The name of the pod's init container, which no step can have as well. */
export const INSTALL_CONTAINER = 'install-agent';

/**
 * The rules of a Task's spec that are about more than one field. Zod also runs them on a spec with wrong types, so that all
 * problems are reported at once; nothing of its shape is taken for granted here.
 */
export function checkSpec(spec: unknown, context: z.core.$RefinementCtx): void {
  const steps = list(field(spec, 'steps'));
  const report = (path: (string | number)[], message: string): void =>
    context.addIssue({ code: 'custom', path, message });

  checkNames(steps, 'steps', report);
  for (const [index, step] of steps.entries()) {
    if (field(step, 'name') === INSTALL_CONTAINER) {
      report(
        ['steps', index, 'name'],
        `taskflow uses the name "${INSTALL_CONTAINER}" itself; choose another name`,
      );
    }
  }

  const given = field(spec, 'volumes');
  const volumes = list(given);
  checkNames(volumes, 'volumes', report);
  // A "volumes:" that is no list is a problem of its own, not one more of every mount.
  if (given !== undefined && !Array.isArray(given)) return;
  const known = new Set(volumes.map((volume) => field(volume, 'name')));
  for (const [index, step] of steps.entries()) {
    for (const kind of ['volumeMounts', 'volumeDevices']) {
      for (const [at, mount] of list(field(step, kind)).entries()) {
        const name = field(mount, 'name');
        if (typeof name !== 'string' || known.has(name)) continue;
        report(
          ['steps', index, kind, at, 'name'],
          `spec.volumes has no volume ${JSON.stringify(name)}; add it there, or correct the name`,
        );
      }
    }
  }
}

type Report = (path: (string | number)[], message: string) => void;

function checkNames(items: unknown[], parent: string, report: Report): void {
  const seen = new Map<string, number>();
  for (const [index, item] of items.entries()) {
    const name = field(item, 'name');
    if (typeof name !== 'string') continue;
    const first = seen.get(name);
    if (first === undefined) seen.set(name, index);
    else {
      const where = `spec.${parent}[${first}]`;
      report(
        [parent, index, 'name'],
        `${where} has the name ${JSON.stringify(name)} already; choose another name`,
      );
    }
  }
}

function field(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;
}

function list(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}
