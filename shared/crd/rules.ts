/** The rules of `shared/task/rules.ts` in CEL, and those about changes, for the CRD. */
import { MAX_AFTER_TOTAL, MAX_STEPS } from '../task/limits.ts';
import { INSTALL_CONTAINER } from '../task/rules.ts';

/** One of `x-kubernetes-validations`. */
export interface Rule {
  rule: string;
  message: string;
  reason?: 'FieldValueForbidden' | 'FieldValueRequired';
  fieldPath?: string;
}

/** What the pod's name and a label's value leave room for. */
export const NAME_RULE: Rule = {
  rule: 'self.metadata.name.size() <= 63',
  message: 'the name of a Task has at most 63 characters, since it is also the value of a label',
};

/** How a rule names a value once, instead of finding it again for each item of a list; CEL has no `let`. */
const bound = (name: string, value: string, rule: string): string => `[${value}].all(${name}, ${rule})`;

const names = (list: string): string => `${list}.map(item, item.name)`;

/** How many names the lists `after` have together. */
const AFTER_TOTAL = 'self.steps.map(step, has(step.after) ? step.after.size() : 0).sum()';

/**
 * Rules of the spec. None is quadratic: each write of a Task, that of its status too, pays for all of them. That names are
 * given once only is not a rule but the type of the lists. Lists have limits (`shared/task/limits.ts`), because the API
 * server estimates what a rule costs at most.
 */
export const SPEC_RULES: readonly Rule[] = [
  {
    rule: `!has(self.sidecars) || !sets.intersects(${names('self.sidecars')}, ${names('self.steps')})`,
    message: 'a sidecar has the name of a step; choose another name',
    fieldPath: '.sidecars',
  },
  {
    rule: `!has(self.finally) || !sets.intersects(${names('self.finally')}, ${names('self.steps')} + (has(self.sidecars) ? ${names('self.sidecars')} : []))`,
    message: 'a step of finally has the name of a step or sidecar; choose another name',
    fieldPath: '.finally',
  },
  {
    rule: `!has(self.finally) || self.steps.size() + self.finally.size() <= ${MAX_STEPS}`,
    message: `expected at most ${MAX_STEPS} steps in one Task, those of finally included`,
    fieldPath: '.finally',
  },
  {
    rule: `${AFTER_TOTAL} <= ${MAX_AFTER_TOTAL}`,
    message: `expected at most ${MAX_AFTER_TOTAL} names in "after" of all steps together; let branches meet in one step, and name that`,
    fieldPath: '.steps',
  },
  {
    // What is too much is not looked up.
    rule: `${AFTER_TOTAL} > ${MAX_AFTER_TOTAL} || ${bound('names', names('self.steps'), `self.steps.all(step, !has(step.after) || ${bound('own', 'names.indexOf(step.name)', `step.after.all(one, ${bound('at', 'names.indexOf(one)', 'at >= 0 && at < own')})`)})`)}`,
    message:
      '"after" of a step names one that is not written before it; correct the name, or write that step before',
    fieldPath: '.steps',
  },
  {
    rule: `self.steps.all(one, one.name != '${INSTALL_CONTAINER}') && ${['sidecars', 'finally'].map((list) => `(!has(self.${list}) || self.${list}.all(one, one.name != '${INSTALL_CONTAINER}'))`).join(' && ')}`,
    message: `taskflow uses the name "${INSTALL_CONTAINER}" itself; choose another name`,
  },
  {
    rule: '(has(self.stepTemplate) && has(self.stepTemplate.image)) || (self.steps.all(step, has(step.image)) && (!has(self.finally) || self.finally.all(step, has(step.image))))',
    message: 'a step has no image; add "image:" there or in spec.stepTemplate',
    reason: 'FieldValueRequired',
    fieldPath: '.steps',
  },
  {
    rule: 'self.steps.all(step, !(has(step.livenessProbe) || has(step.startupProbe)) || step.name == self.steps[0].name)',
    message:
      'only the first step can have a livenessProbe or startupProbe: a later one would be stopped while it waits for its turn; use timeout',
    fieldPath: '.steps',
  },
  {
    rule: 'self.steps.all(step, !has(step.lifecycle) || !has(step.lifecycle.postStart) || step.name == self.steps[0].name)',
    message:
      'only the first step can have a lifecycle.postStart: that of a later one would be done before its turn; put it into the command or script',
    fieldPath: '.steps',
  },
  {
    rule: '!has(self.finally) || self.finally.all(step, !has(step.lifecycle) || !has(step.lifecycle.postStart))',
    message:
      'a step of finally cannot have a lifecycle.postStart: it would be done before its turn; put it into the command or script',
    fieldPath: '.finally',
  },
  {
    rule: '!has(self.stepTemplate) || !has(self.stepTemplate.lifecycle) || !has(self.stepTemplate.lifecycle.postStart)',
    message: 'only the first step can have a lifecycle.postStart; write it there',
    fieldPath: '.stepTemplate',
  },
  ...['steps', 'finally'].map(holdRule),
  ...mountRules('steps', 'a step'),
  ...mountRules('finally', 'a step of finally'),
  ...mountRules('sidecars', 'a sidecar'),
  ...mountRules('stepTemplate', 'stepTemplate'),
  ...['steps', 'finally', 'sidecars'].map(workspaceRule),
];

/** Lists whose items have names: without regard to their order, two of them are equal. */
const ORDERED = ['steps', 'finally', 'sidecars', 'volumes'];

/** A field that stays as it is, absent too, once the Task is there. */
export function immutable(field: string): Rule {
  const [now, before] = [`self.${field}`, `oldSelf.${field}`];
  const order = ORDERED.includes(field) ? ` && ${names(now)} == ${names(before)}` : '';
  return {
    rule: `has(${now}) == has(${before}) && (!has(${now}) || ${now} == ${before}${order})`,
    message: `spec.${field} cannot be changed once the Task is there; make a new Task`,
    reason: 'FieldValueForbidden',
    fieldPath: `.${field}`,
  };
}

export const CANCEL_RULE: Rule = {
  rule: '!has(oldSelf.cancel) || !oldSelf.cancel || (has(self.cancel) && self.cancel)',
  message: 'a Task that is cancelled stays so; make a new Task',
  reason: 'FieldValueForbidden',
  fieldPath: '.cancel',
};

function workspaceRule(field: string): Rule {
  const each = `self.${field}.all(one, !has(one.workspaces) || sets.contains(known, ${names('one.workspaces')}))`;
  const all = bound('known', `has(self.workspaces) ? ${names('self.workspaces')} : []`, each);
  return {
    rule: field === 'steps' ? all : `!has(self.${field}) || ${all}`,
    message: `a ${field === 'sidecars' ? 'sidecar' : 'step'} lists a workspace that spec.workspaces does not have; add it there, or correct the name`,
    fieldPath: `.${field}`,
  };
}

function holdRule(field: string): Rule {
  const probes = ['one.livenessProbe', 'one.startupProbe', 'one.readinessProbe'].map(
    (probe) => `has(${probe})`,
  );
  const template = '(has(self.stepTemplate) && has(self.stepTemplate.readinessProbe))';
  const all = `self.${field}.all(one, !has(one.pause) || one.pause.size() == 0 || !(${[...probes, template].join(' || ')}))`;
  return {
    rule: field === 'steps' ? all : `!has(self.${field}) || ${all}`,
    message:
      'a step with "pause" has no other probe: a readinessProbe of taskflow says whether it is held, and livenessProbe and startupProbe would stop it while it is',
    fieldPath: `.${field}`,
  };
}

function mountRules(field: string, whose: string): Rule[] {
  return ['volumeMounts', 'volumeDevices'].map((kind) => {
    const known = (container: string): string =>
      `!has(${container}.${kind}) || sets.contains(volumes, ${names(`${container}.${kind}`)})`;
    const each =
      field === 'stepTemplate' ? known('self.stepTemplate') : `self.${field}.all(one, ${known('one')})`;
    const all = bound('volumes', `has(self.volumes) ? ${names('self.volumes')} : []`, each);
    return {
      rule: field === 'steps' ? all : `!has(self.${field}) || ${all}`,
      message: `${whose} mounts a volume that spec.volumes does not have; add it there, or correct the name`,
      fieldPath: `.${field}`,
    };
  });
}
