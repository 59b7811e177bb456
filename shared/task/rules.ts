import type { z } from 'zod';
import { IN_POD } from '../pod/paths.ts';
import { problemsOf } from './graph.ts';
import { MAX_AFTER_TOTAL, MAX_STEPS } from './limits.ts';
import { field, isMap, list } from './loose.ts';
import { valuesOf } from './param-values.ts';
import { tryFillIn, type SpecProblem } from './references/fill.ts';
import { checkPod } from './refused/pod.ts';
import type { Report } from './refused/spot.ts';
import { checkWorkspaces } from './workspace-rules.ts';
import { PodTooLargeError } from './size.ts';

/** The name of the pod's init container, which no other container can have as well. */
export const INSTALL_CONTAINER = 'install-agent';

/**
 * The rules of a Task's spec that are about more than one field. Zod also runs them on a spec with wrong types, so that all
 * problems are reported at once; nothing of its shape is taken for granted here. `shared/crd/rules.ts` has the same ones
 * in the words of a CRD.
 */
export function checkSpec(spec: unknown, context: z.core.$RefinementCtx): void {
  const report: Report = (path, message) => context.addIssue({ code: 'custom', path, message });
  checkContainerNames(spec, report);
  checkOrder(spec, report);
  checkNames([{ items: list(field(spec, 'volumes')), parent: 'volumes' }], report);
  checkImages(spec, report);
  checkTurns(spec, report);
  checkHolds(spec, report);
  checkMounts(spec, report);
  checkNames([{ items: list(field(spec, 'workspaces')), parent: 'workspaces' }], report);
  checkWorkspaces(spec, report);
  checkResults(spec, report);
  const { filled, problems } = filling(spec);
  for (const { path, message, isSole } of problems)
    context.addIssue({ code: 'custom', path: [...path], message, params: { isSole } });
  if (problems.length === 0) checkPod(filled, report);
}

function checkResults(spec: unknown, report: Report): void {
  checkNames([{ items: list(field(spec, 'results')), parent: 'results' }], report);
  for (const parent of ['steps', 'finally']) {
    for (const [index, step] of list(field(spec, parent)).entries()) {
      const names = list(field(step, 'results'));
      const seen = new Set<unknown>();
      for (const [at, name] of names.entries()) {
        if (seen.has(name))
          report([parent, index, 'results', at], `names ${JSON.stringify(name)} twice; leave one out`);
        seen.add(name);
      }
    }
  }
}

/** What is wrong with params and references. Thousands of steps are too many, which is enough to say. */
function filling(spec: unknown): { filled: unknown; problems: SpecProblem[] } {
  const count = list(field(spec, 'steps')).length + list(field(spec, 'finally')).length;
  if (count > MAX_STEPS) return { filled: undefined, problems: [] };
  const { values, problems } = valuesOf(field(spec, 'params'));
  try {
    const { filled, problems: others } = tryFillIn(spec, { values, paths: IN_POD });
    return { filled, problems: [...problems, ...others] };
  } catch (error) {
    // The making of the pod says so.
    if (error instanceof PodTooLargeError) return { filled: undefined, problems };
    throw error;
  }
}

function checkContainerNames(spec: unknown, report: Report): void {
  const groups = ['steps', 'finally', 'sidecars'].map((parent) => ({
    items: list(field(spec, parent)),
    parent,
  }));
  checkNames(groups, report);
  for (const { items, parent } of groups) {
    for (const [index, item] of items.entries()) {
      if (field(item, 'name') !== INSTALL_CONTAINER) continue;
      const message = `taskflow uses the name "${INSTALL_CONTAINER}" itself; choose another name`;
      report([parent, index, 'name'], message);
    }
  }
}

function checkNames(groups: readonly { items: unknown[]; parent: string }[], report: Report): void {
  const seen = new Map<string, string>();
  for (const { items, parent } of groups) {
    for (const [index, item] of items.entries()) {
      const name = field(item, 'name');
      if (typeof name !== 'string') continue;
      const first = seen.get(name);
      if (first === undefined) seen.set(name, `spec.${parent}[${index}]`);
      else {
        const message = `${first} has the name ${JSON.stringify(name)} already; choose another name`;
        report([parent, index, 'name'], message);
      }
    }
  }
}

function checkImages(spec: unknown, report: Report): void {
  if (field(field(spec, 'stepTemplate'), 'image') !== undefined) return;
  for (const parent of ['steps', 'finally']) {
    for (const [index, step] of list(field(spec, parent)).entries()) {
      if (!isMap(step) || field(step, 'image') !== undefined) continue;
      report(
        [parent, index, 'image'],
        'required, but missing; add "image:" with a string, here or in spec.stepTemplate',
      );
    }
  }
}

/** What each step comes after, and how many there are in all. */
function checkOrder(spec: unknown, report: Report): void {
  const steps = list(field(spec, 'steps'));
  const names = steps.map((step) => field(step, 'name'));
  for (const [index, step] of steps.entries()) {
    for (const { at, message } of problemsOf(list(field(step, 'after')), names, index))
      report(['steps', index, 'after', at], message);
  }
  const named = steps.reduce<number>((sum, step) => sum + list(field(step, 'after')).length, 0);
  if (steps.length <= MAX_STEPS && named > MAX_AFTER_TOTAL)
    report(
      ['steps'],
      `expected at most ${MAX_AFTER_TOTAL} names in "after" of all steps together, found ${named}; let branches meet in one step, and name that`,
    );
  const total = steps.length + list(field(spec, 'finally')).length;
  if (steps.length <= MAX_STEPS && total > MAX_STEPS)
    report(['finally'], `expected at most ${MAX_STEPS} steps in one Task, these included; found ${total}`);
}

const WAITING = 'while it waits for its turn';
const POST_START = `would be done ${WAITING}, since all containers start at once; put it into the command or script`;

/** All containers of a pod start at once, most steps only to wait: what would begin by then is refused. */
function checkTurns(spec: unknown, report: Report): void {
  const held = field(spec, 'suspend') === true;
  for (const [index, step] of list(field(spec, 'steps')).entries()) {
    if (index === 0 && !held) continue;
    const why = index === 0 ? 'while the Task is suspended' : WAITING;
    for (const probe of ['livenessProbe', 'startupProbe']) {
      if (field(step, probe) === undefined) continue;
      report(
        ['steps', index, probe],
        `would stop the step ${why}, since the kubelet begins with it as soon as the pod starts; use timeout`,
      );
    }
    if (field(field(step, 'lifecycle'), 'postStart') !== undefined) {
      report(['steps', index, 'lifecycle', 'postStart'], POST_START.replace(WAITING, why));
    }
  }
  for (const [index, step] of list(field(spec, 'finally')).entries()) {
    if (field(field(step, 'lifecycle'), 'postStart') === undefined) continue;
    report(['finally', index, 'lifecycle', 'postStart'], POST_START);
  }
  if (field(field(field(spec, 'stepTemplate'), 'lifecycle'), 'postStart') !== undefined) {
    report(['stepTemplate', 'lifecycle', 'postStart'], 'only the first step can have one; write it there');
  }
}

/** A step that can be held has the readiness probe that says so; the other probes would stop it while it is. */
function checkHolds(spec: unknown, report: Report): void {
  const template = field(spec, 'stepTemplate');
  let isPausable = false;
  for (const parent of ['steps', 'finally']) {
    for (const [index, step] of list(field(spec, parent)).entries()) {
      const pause = list(field(step, 'pause'));
      for (const [at, kind] of pause.entries()) {
        if (pause.indexOf(kind) < at)
          report([parent, index, 'pause', at], `names ${JSON.stringify(kind)} twice; leave one out`);
      }
      if (pause.length === 0) continue;
      isPausable = true;
      if (field(step, 'readinessProbe') !== undefined) report([parent, index, 'readinessProbe'], READINESS);
      // Of any other step these are refused already.
      if (parent === 'finally' || index > 0 || field(spec, 'suspend') === true) continue;
      for (const probe of ['livenessProbe', 'startupProbe']) {
        if (field(step, probe) !== undefined) report([parent, index, probe], WHILE_HELD);
      }
    }
  }
  if (isPausable && field(template, 'readinessProbe') !== undefined)
    report(['stepTemplate', 'readinessProbe'], READINESS);
}

const READINESS =
  'cannot be there beside "pause": whether a step is held is said by a readinessProbe of taskflow; leave one of them out';
const WHILE_HELD = 'would stop the step while it is held; leave it out, or "pause", and use timeout';

function checkMounts(spec: unknown, report: Report): void {
  const given = field(spec, 'volumes');
  // A "volumes:" that is no list is a problem of its own, not one more of every mount.
  if (given !== undefined && !Array.isArray(given)) return;
  const known = new Set(list(given).map((volume) => field(volume, 'name')));
  const check = (container: unknown, path: (string | number)[]): void => {
    for (const kind of ['volumeMounts', 'volumeDevices']) {
      for (const [at, mount] of list(field(container, kind)).entries()) {
        const name = field(mount, 'name');
        if (typeof name !== 'string' || known.has(name)) continue;
        const message = `spec.volumes has no volume ${JSON.stringify(name)}; add it there, or correct the name`;
        report([...path, kind, at, 'name'], message);
      }
    }
  };
  for (const parent of ['steps', 'finally', 'sidecars']) {
    for (const [index, container] of list(field(spec, parent)).entries()) check(container, [parent, index]);
  }
  check(field(spec, 'stepTemplate'), ['stepTemplate']);
}
