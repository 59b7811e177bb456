/** What a schema and its rules refuse, in which words. */
import { expect, test } from 'vitest';
import { JSON_PATCH, MERGE } from '../../support/api-server/talk.ts';
import { waitUntil } from '../../support/wait-until.ts';
import { fresh, patch, useTarget } from './target.ts';
import { causesOf, spec, status, useThings } from './things.ts';

const target = useTarget();
const things = useThings(target);

test.each([
  { spec: {}, field: 'spec.size', reason: 'FieldValueRequired', message: 'Required value' },
  {
    spec: { size: 'x' },
    field: 'spec.size',
    reason: 'FieldValueTypeInvalid',
    message: 'Invalid value: "string": spec.size in body must be of type integer: "string"',
  },
  {
    spec: { size: 11 },
    field: 'spec.size',
    reason: 'FieldValueInvalid',
    message: 'Invalid value: 11: spec.size in body should be less than or equal to 10',
  },
  {
    spec: { size: 0 },
    field: 'spec.size',
    reason: 'FieldValueInvalid',
    message: 'Invalid value: 0: spec.size in body should be greater than or equal to 1',
  },
  {
    spec: { size: 1, mode: 'z' },
    field: 'spec.mode',
    reason: 'FieldValueNotSupported',
    message: 'Unsupported value: "z": supported values: "a", "b"',
  },
  {
    spec: { size: 1, name: 'ABC' },
    field: 'spec.name',
    reason: 'FieldValueInvalid',
    message: `Invalid value: "ABC": spec.name in body should match '^[a-z]+$'`,
  },
  {
    spec: { size: 1, name: 'a' },
    field: 'spec.name',
    reason: 'FieldValueInvalid',
    message: 'Invalid value: "a": spec.name in body should be at least 2 chars long',
  },
  {
    spec: { size: 1, name: 'abcdef' },
    field: 'spec.name',
    reason: 'FieldValueTooLong',
    message: 'Too long: may not be more than 5 bytes',
  },
  {
    spec: { size: 1, name: 'ABCDEF' },
    field: 'spec.name',
    reason: 'FieldValueTooLong',
    message: 'Too long: may not be more than 5 bytes',
  },
  {
    spec: { size: 1, port: true },
    field: 'spec.port',
    reason: 'FieldValueTypeInvalid',
    message: 'Invalid value: "boolean": spec.port in body must be of type integer,string: "boolean"',
  },
  {
    spec: { size: 1, tags: ['t-1', 't-2', 't-3'] },
    field: 'spec.tags',
    reason: 'FieldValueTooMany',
    message: 'Too many: 3: must have at most 2 items',
  },
  {
    spec: { size: 1, tags: 'x' },
    field: 'spec.tags',
    reason: 'FieldValueTypeInvalid',
    message: 'Invalid value: "string": spec.tags in body must be of type array: "string"',
  },
  {
    spec: { size: 1, labels: { a: 1 } },
    field: 'spec.labels.a',
    reason: 'FieldValueTypeInvalid',
    message: 'Invalid value: "integer": spec.labels.a in body must be of type string: "integer"',
  },
  {
    spec: { size: 1, items: [{ name: 'x' }, { name: 'x' }] },
    field: 'spec.items[1]',
    reason: 'FieldValueDuplicate',
    message: 'Duplicate value: {"name":"x"}',
  },
  {
    spec: { size: 1, items: [{}] },
    field: 'spec.items[0].name',
    reason: 'FieldValueRequired',
    message: 'Required value',
  },
  {
    spec: { size: 1, when: 'yesterday' },
    field: 'spec.when',
    reason: 'FieldValueTypeInvalid',
    message: 'Invalid value: "yesterday": spec.when in body must be of type date-time: "yesterday"',
  },
  {
    spec: { size: 1, count: 2 ** 31 },
    field: '<nil>',
    reason: 'FieldValueInvalid',
    message: 'Invalid value: "": Checked value must be of type integer with format int32 in spec.count',
  },
  {
    spec: { size: 1, ratio: 1 },
    field: 'spec.ratio',
    reason: 'FieldValueInvalid',
    message: 'Invalid value: 1: spec.ratio in body should be less than 1',
  },
  {
    spec: { size: 1, min: 2 },
    field: 'spec',
    reason: 'FieldValueInvalid',
    message: 'Invalid value: size below min',
  },
  {
    spec: { size: 1, tags: ['x'] },
    field: 'spec',
    reason: 'FieldValueInvalid',
    message: 'Invalid value: tags begin with t-',
  },
])('refused: $spec', async ({ spec: sent, ...expected }) => {
  const { talk } = target();
  const reply = await talk.ask('POST', things.path(), { body: things.thing(fresh(), sent) });
  expect(reply).toMatchObject({ code: 422, body: { reason: 'Invalid', details: { kind: 'Thing' } } });
  expect(causesOf(reply)).toEqual([expected]);
});

test('refused: half of an integer, twice', async () => {
  const { talk } = target();
  const reply = await talk.ask('POST', things.path(), { body: things.thing(fresh(), { size: 1.5 }) });
  expect(causesOf(reply).map(({ field, message }) => `${field}: ${message}`)).toEqual([
    'spec.size: Invalid value: "number": spec.size in body must be of type integer: "number"',
    '<nil>: Invalid value: "": Checked value must be of type integer (default format) in spec.size',
  ]);
});

test.each([
  { what: 'no apiVersion', more: { apiVersion: undefined }, code: 400, reason: 'BadRequest' },
  { what: 'another version', more: { apiVersion: 'test/v9' }, code: 400, reason: 'BadRequest' },
  { what: 'another kind', more: { kind: 'Other' }, code: 422, reason: 'Invalid' },
])('refused: $what', async ({ more, code, reason }) => {
  const { talk } = target();
  const reply = await talk.ask('POST', things.path(), { body: things.thing(fresh(), { size: 1 }, more) });
  expect(reply).toMatchObject({ code, body: { reason } });
});

test.each([
  { sent: { size: 0, min: 5 }, fields: ['spec', 'spec.size'], what: 'a number is too small' },
  { sent: { size: 1, min: 5, name: 'ABC' }, fields: ['spec', 'spec.name'], what: 'a pattern does not match' },
  { sent: { size: 1, min: 5, mode: 'z' }, fields: ['spec.mode'], what: 'a word is not one of those' },
  { sent: { min: 5 }, fields: ['spec.size'], what: 'something is missing' },
  { sent: { size: 'x', min: 5 }, fields: ['spec.size'], what: 'a type is wrong' },
])('whether rules are looked at when $what', async ({ sent, fields }) => {
  const { talk } = target();
  const reply = await talk.ask('POST', things.path(), { body: things.thing(fresh(), sent) });
  expect(
    causesOf(reply)
      .map(({ field }) => field)
      .toSorted(),
  ).toEqual(fields);
});

test('rules about what was are for updates only', async () => {
  const { talk } = target();
  const name = fresh();
  const path = `${things.path()}/${name}`;
  await talk.object('POST', things.path(), { body: things.thing(name, { size: 4, fixed: 'q' }) });
  const reply = await talk.ask('PATCH', path, { body: { spec: { size: 3, fixed: 'z' } }, type: MERGE });
  expect(reply.code).toBe(422);
  expect(causesOf(reply)).toEqual([
    { field: 'spec.size', reason: 'FieldValueForbidden', message: 'Forbidden: size may not shrink' },
    { field: 'spec.fixed', reason: 'FieldValueInvalid', message: 'Invalid value: "z": fixed is immutable' },
  ]);
});

test('what was invalid before the schema changed may stay, where nothing changes', async () => {
  const { talk } = target();
  const name = fresh();
  const path = `${things.path()}/${name}`;
  await talk.object('POST', things.path(), { body: things.thing(name, { size: 4, name: 'abc' }) });
  const properties = { ...spec.properties, name: { ...spec.properties.name, maxLength: 2 }, late: LATE };
  await redefine({ ...spec, properties });
  const shown = await waitUntil('the new default shows', async () => {
    const thing = await talk.object('GET', path);
    return thing.spec?.['late'] === 'now' ? thing : undefined;
  });
  expect(shown.spec).toMatchObject({ name: 'abc', size: 4 });
  expect((await patch(talk, path, { spec: { size: 5 } })).spec).toMatchObject({ name: 'abc', size: 5 });
  const reply = await talk.ask('PATCH', path, { body: { spec: { name: 'abd' } }, type: MERGE });
  expect(reply.code).toBe(422);
  await redefine(spec);
});

const LATE = { type: 'string', default: 'now' };

async function redefine(next: object): Promise<void> {
  const { talk } = target();
  const openAPIV3Schema = { type: 'object', properties: { spec: next, status } };
  const body = [{ op: 'replace', path: '/spec/versions/0/schema', value: { openAPIV3Schema } }];
  await patch(talk, things.definition, body, JSON_PATCH);
}

test('a definition with a rule that nobody can evaluate is refused', async () => {
  const { talk } = target();
  const wrong = { ...spec, 'x-kubernetes-validations': [{ rule: 'self.size.nonsense() > 1' }] };
  const openAPIV3Schema = { type: 'object', properties: { spec: wrong, status } };
  const body = [{ op: 'replace', path: '/spec/versions/0/schema', value: { openAPIV3Schema } }];
  const reply = await talk.ask('PATCH', things.definition, { body, type: JSON_PATCH });
  expect(reply).toMatchObject({ code: 422, body: { reason: 'Invalid' } });
});
