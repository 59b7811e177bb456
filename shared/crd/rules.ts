/** The rules of `shared/task/rules.ts` in CEL, and those about changes, for the CRD. */
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

/**
 * Rules of the spec. Lists have limits (`shared/task/limits.ts`) because the API server estimates what a rule costs at most.
 */
export const SPEC_RULES: readonly Rule[] = [
  {
    rule: 'self.steps.all(a, self.steps.exists_one(b, a.name == b.name))',
    message: 'two steps have the same name; choose another name',
    fieldPath: '.steps',
  },
  {
    rule: '!has(self.sidecars) || self.sidecars.all(a, self.sidecars.exists_one(b, a.name == b.name) && !self.steps.exists(b, a.name == b.name))',
    message: 'a sidecar has the name of another one or of a step; choose another name',
    fieldPath: '.sidecars',
  },
  {
    rule: `!self.steps.exists(step, step.name == '${INSTALL_CONTAINER}') && (!has(self.sidecars) || !self.sidecars.exists(one, one.name == '${INSTALL_CONTAINER}'))`,
    message: `taskflow uses the name "${INSTALL_CONTAINER}" itself; choose another name`,
  },
  {
    rule: '(has(self.stepTemplate) && has(self.stepTemplate.image)) || self.steps.all(step, has(step.image))',
    message: 'a step has no image; add "image:" there or in spec.stepTemplate',
    reason: 'FieldValueRequired',
    fieldPath: '.steps',
  },
  {
    rule: 'self.steps.all(step, step.name == self.steps[0].name || !(has(step.livenessProbe) || has(step.startupProbe)))',
    message:
      'only the first step can have a livenessProbe or startupProbe: a later one would be stopped while it waits for its turn; use timeout',
    fieldPath: '.steps',
  },
  {
    rule: 'self.steps.all(step, step.name == self.steps[0].name || !has(step.lifecycle) || !has(step.lifecycle.postStart))',
    message:
      'only the first step can have a lifecycle.postStart: that of a later one would be done before its turn; put it into the command or script',
    fieldPath: '.steps',
  },
  {
    rule: '!has(self.stepTemplate) || !has(self.stepTemplate.lifecycle) || !has(self.stepTemplate.lifecycle.postStart)',
    message: 'only the first step can have a lifecycle.postStart; write it there',
    fieldPath: '.stepTemplate',
  },
  ...mountRules('steps', 'a step'),
  ...mountRules('sidecars', 'a sidecar'),
  ...mountRules('stepTemplate', 'stepTemplate'),
];

/** A field that stays as it is, absent too, once the Task is there. */
export function immutable(field: string): Rule {
  return {
    rule: `has(self.${field}) == has(oldSelf.${field}) && (!has(self.${field}) || self.${field} == oldSelf.${field})`,
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

function mountRules(field: string, whose: string): Rule[] {
  return ['volumeMounts', 'volumeDevices'].map((kind) => {
    const known = (container: string): string =>
      `!has(${container}.${kind}) || sets.contains(has(self.volumes) ? self.volumes.map(volume, volume.name) : [], ${container}.${kind}.map(mount, mount.name))`;
    const each =
      field === 'stepTemplate' ? known('self.stepTemplate') : `self.${field}.all(one, ${known('one')})`;
    return {
      rule: field === 'steps' ? each : `!has(self.${field}) || ${each}`,
      message: `${whose} mounts a volume that spec.volumes does not have; add it there, or correct the name`,
      fieldPath: `.${field}`,
    };
  });
}
