/** `x-kubernetes-validations`: rules in CEL. */
import { type ParseResult } from '@marcbachmann/cel-js';
import { isFields, listOf, same } from '../object.ts';
import { type Cause } from '../status.ts';
import { kubernetesCel } from './cel-library.ts';
import { celValue } from './cel-value.ts';
import { schemaOf, type Rule, type Schema } from './schema.ts';
import { correlated, join } from './validate.ts';

const environment = kubernetesCel();

interface Compiled {
  evaluate: ParseResult;
  /** It compares with what was: only for updates. */
  transition: boolean;
  message: ParseResult | undefined;
}

const compiled = new WeakMap<Rule, Compiled>();

function compile(rule: Rule): Compiled {
  let known = compiled.get(rule);
  if (known === undefined) {
    const { messageExpression } = rule;
    known = {
      evaluate: environment.parse(rule.rule),
      transition: /\boldSelf\b/.test(rule.rule),
      message: messageExpression === undefined ? undefined : environment.parse(messageExpression),
    };
    compiled.set(rule, known);
  }
  return known;
}

/**
 * The rules of a schema that cannot be evaluated here, with why: a definition with one of them is refused, so that
 * no rule passes only because nobody looked.
 */
export function unknownRules(schema: Schema, field: string): Cause[] {
  const own = (schema['x-kubernetes-validations'] ?? []).flatMap((rule, index) => {
    const problem = ruleProblem(rule);
    if (problem === undefined) return [];
    const at = `${field}.x-kubernetes-validations[${index}].rule`;
    const message = `Invalid value: ${JSON.stringify(rule.rule)}: compilation failed: ${problem}`;
    return [{ reason: 'FieldValueInvalid', message, field: at }];
  });
  const { properties = {}, additionalProperties, items } = schema;
  return [
    ...own,
    ...Object.entries(properties).flatMap(([key, each]) => unknownRules(each, `${field}.properties[${key}]`)),
    ...(typeof additionalProperties === 'object'
      ? unknownRules(additionalProperties, `${field}.additionalProperties`)
      : []),
    ...(items === undefined ? [] : unknownRules(items, `${field}.items`)),
  ];
}

function ruleProblem(rule: Rule): string | undefined {
  for (const key of Object.keys(rule)) {
    if (!['rule', 'message', 'messageExpression', 'reason', 'fieldPath'].includes(key))
      return `this server does not know what ${key} means`;
  }
  try {
    const check = compile(rule).evaluate.check();
    return check.valid ? undefined : check.error?.message;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** What the rules of a schema find wrong with a value; `old` is `undefined` for what is new. */
export function ruleCauses(value: unknown, schema: Schema, field = '', old?: unknown): Cause[] {
  if (!hasRules(schema) || (old !== undefined && same(value, old)) || value === null) return [];
  const rules = schema['x-kubernetes-validations'] ?? [];
  return [
    ...rules.flatMap((rule) => causeOf(rule, value, schema, field, old)),
    ...(isFields(value)
      ? Object.entries(value).flatMap(([key, each]) => {
          const below = schemaOf(schema, key);
          const before = isFields(old) ? old[key] : undefined;
          return below === undefined ? [] : ruleCauses(each, below, join(field, key), before);
        })
      : []),
    ...(Array.isArray(value) ? itemCauses(value, schema, field, old) : []),
  ];
}

function itemCauses(value: readonly unknown[], schema: Schema, field: string, old: unknown): Cause[] {
  const { items } = schema;
  if (items === undefined) return [];
  const before = correlated(schema, listOf(old));
  return value.flatMap((each, index) => ruleCauses(each, items, `${field}[${index}]`, before(each)));
}

function causeOf(rule: Rule, value: unknown, schema: Schema, field: string, old: unknown): Cause[] {
  const { evaluate, transition, message } = compile(rule);
  if (transition && old === undefined) return [];
  const context = {
    self: celValue(value, schema),
    ...(transition && { oldSelf: celValue(old, schema) }),
  };
  const at = `${field}${rule.fieldPath ?? ''}`;
  const reason = rule.reason ?? 'FieldValueInvalid';
  // Objects are not shown; the real one says only what is wrong with them.
  const shown = typeof value === 'object' ? '' : `${JSON.stringify(value)}: `;
  const prefix = reason === 'FieldValueInvalid' ? `Invalid value: ${shown}` : `${WORDS[reason] ?? reason}: `;
  try {
    if (evaluate(context) === true) return [];
    const said: unknown = message?.(context);
    const why = typeof said === 'string' ? said : (rule.message ?? `failed rule: ${rule.rule}`);
    return [{ reason, message: `${prefix}${why}`, field: at }];
  } catch (error) {
    const why = error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error);
    const type = Array.isArray(value) ? 'array' : typeof value;
    const problem = `Invalid value: "${type}": ${why} evaluating rule: ${rule.message ?? rule.rule}`;
    return [{ reason: 'FieldValueInvalid', message: problem, field }];
  }
}

const WORDS: Readonly<Record<string, string>> = {
  FieldValueForbidden: 'Forbidden',
  FieldValueRequired: 'Required value',
  FieldValueDuplicate: 'Duplicate value',
};

const withRules = new WeakMap<Schema, boolean>();

/** Whether there is a rule in a schema or below it. */
function hasRules(schema: Schema): boolean {
  let known = withRules.get(schema);
  if (known === undefined) {
    const { properties = {}, additionalProperties, items } = schema;
    known =
      (schema['x-kubernetes-validations'] ?? []).length > 0 ||
      Object.values(properties).some(hasRules) ||
      (typeof additionalProperties === 'object' && hasRules(additionalProperties)) ||
      (items !== undefined && hasRules(items));
    withRules.set(schema, known);
  }
  return known;
}
