/** The rules of `shared/resume/resume.ts` in CEL, and that a Resume does not change. */
import { ALIASES } from '../resume/resume.ts';
import type { Rule } from './rules.ts';

/** A field as CEL writes it. */
const inCel = (field: string): string => `self.${field.replaceAll('-', '__dash__')}`;

export const RESUME_RULES: readonly Rule[] = [
  {
    rule: `has(self.task) || has(${inCel('Workflow-ID')})`,
    message: 'required, but missing; write the name of the Task',
    reason: 'FieldValueRequired',
    fieldPath: '.task',
  },
  ...ALIASES.map(({ field, alias }): Rule => {
    const [one, other] = [inCel(field), inCel(alias)];
    return {
      rule: `!has(${one}) || !has(${other}) || ${one} == ${other}`,
      message: `${alias} differs from ${field}; write only one of them`,
      fieldPath: `.${field}`,
    };
  }),
  {
    rule: 'self == oldSelf',
    message: 'a Resume cannot be changed once it is there; make a new one',
    reason: 'FieldValueForbidden',
  },
];
