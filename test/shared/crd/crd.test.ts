import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { ALL_DEFINITIONS, TASK_DEFINITION } from '../../../shared/crd/crd.ts';
import { structural, type Schema } from '../../../shared/crd/structural.ts';
import { formatYaml } from '../../../shared/manifest/index.ts';
import { MUTABLE_FIELDS, taskSchema } from '../../../shared/task/task.ts';
import { brokenRules } from '../../support/cel.ts';
import { BAD_SPECS } from '../fixtures/bad-specs.ts';

const root: Schema = TASK_DEFINITION.spec.versions[0]?.schema.openAPIV3Schema ?? {};
const taskOf = (spec: object): object => ({
  apiVersion: 'api.practice.com/v1alpha1',
  kind: 'Task',
  metadata: { name: 'test' },
  spec,
});

/** Every schema in the CRD with its path. */
function walk(schema: Schema, path = ''): [string, Schema][] {
  const { properties = {}, items, additionalProperties } = schema;
  return [
    [path, schema],
    ...Object.entries(properties).flatMap(([name, inner]) => walk(inner, `${path}.${name}`)),
    ...(items ? walk(items, `${path}[]`) : []),
    ...(typeof additionalProperties === 'object' ? walk(additionalProperties, `${path}{}`) : []),
  ];
}

function isStructural(schema: Schema): boolean {
  const { type, properties, additionalProperties, anyOf = [], minimum = 0, maximum = 0 } = schema;
  const isMixed =
    schema['x-kubernetes-int-or-string'] === true ||
    (schema['x-kubernetes-preserve-unknown-fields'] === true &&
      properties === undefined &&
      type !== 'object');
  return (
    (type === undefined) === isMixed &&
    anyOf.every((each) => Object.keys(each).join() === 'required') &&
    !('$schema' in schema) &&
    (properties === undefined || additionalProperties === undefined) &&
    Math.max(Math.abs(minimum), Math.abs(maximum)) < 2 ** 31 - 1
  );
}

describe.each(ALL_DEFINITIONS)('the CRD $metadata.name', (crd) => {
  const whole: Schema = crd.spec.versions[0]?.schema.openAPIV3Schema ?? {};

  it('is the file that is applied; `node scripts/generate-crd/main.ts` writes it', async () => {
    const path = `../../../deploy/crd/${crd.metadata.name}.yaml`;
    const file = await readFile(new URL(path, import.meta.url), 'utf8');
    expect(file).toBe(formatYaml(crd));
    expect(parse(file)).toEqual(crd);
  });

  it('is small enough for the annotation of kubectl apply, which holds 262144 bytes', () => {
    expect(Buffer.byteLength(JSON.stringify(crd))).toBeLessThan(200_000);
  });

  it('has a description on every field, for kubectl explain', () => {
    const bare = walk(whole)
      .filter(([path, { description }]) => /\.[\w-]+$/.test(path) && !description)
      .map(([path]) => path);
    // Those of an object's metadata are Kubernetes' own.
    expect(bare).toEqual(['.metadata']);
  });

  it('is structural: a type everywhere, no properties beside others, nothing that zod made of its own', () => {
    expect(
      walk(whole)
        .filter(([, schema]) => !isStructural(schema))
        .map(([path]) => path),
    ).toEqual([]);
  });
});

describe('the CRD of a Task', () => {
  it('keeps what a later Kubernetes knows in containers, volumes and the pod, and nothing in the spec itself', () => {
    const keeps = new Set(
      walk(root)
        .filter(([, schema]) => schema['x-kubernetes-preserve-unknown-fields'] === true)
        .map(([path]) => path),
    );
    for (const path of [
      'steps[]',
      'steps[].securityContext',
      'sidecars[]',
      'stepTemplate',
      'volumes[]',
      'podTemplate',
    ])
      expect(keeps).toContain(`.spec.${path}`);
    for (const path of ['', '.spec', '.status', '.spec.podTemplate.metadata'])
      expect(keeps).not.toContain(path);
  });

  it('makes a pass over what zod writes', () => {
    expect(
      structural({
        type: 'object',
        additionalProperties: false,
        properties: {
          a: { type: 'integer', minimum: Number.MIN_SAFE_INTEGER, maximum: Number.MAX_SAFE_INTEGER },
          b: { type: 'integer', minimum: 0, maximum: 2 ** 31 - 1 },
          c: {
            anyOf: [{ type: 'integer' }, { type: 'string', pattern: 'x' }],
            'x-kubernetes-int-or-string': true,
          },
          d: { type: 'object', properties: {}, additionalProperties: {} },
          e: { type: 'object', additionalProperties: { type: 'string' } },
        },
      }),
    ).toEqual({
      type: 'object',
      properties: {
        a: { type: 'integer', format: 'int64' },
        b: { type: 'integer', format: 'int32', minimum: 0 },
        c: { 'x-kubernetes-int-or-string': true, pattern: 'x' },
        d: { type: 'object', properties: {}, 'x-kubernetes-preserve-unknown-fields': true },
        e: { type: 'object', additionalProperties: { type: 'string' } },
      },
    });
  });
});

describe('a Task', () => {
  it.each(BAD_SPECS)('is refused for $what', ({ spec, path, rule }) => {
    const { error } = taskSchema.safeParse(taskOf(spec));
    expect(error?.issues.map((issue) => issue.path.join('.'))).toEqual([`spec.${path}`]);
    if (rule !== undefined) expect(brokenRules(root, taskOf(spec))).toEqual([expect.stringContaining(rule)]);
  });

  // As `kubectl apply --server-side` has it; of what is created the API server drops such a field.
  it('is refused for a volume of a workspace that is null, which is no second one', () => {
    const workspaces = [{ name: 'a', emptyDir: null, configMap: { name: 'c' } }];
    const { error } = taskSchema.safeParse(taskOf({ steps: [{ name: 'a', image: 'b' }], workspaces }));
    expect(error?.issues.map(({ path }) => path.join('.'))).toEqual(['spec.workspaces.0.emptyDir']);
  });

  it.each(['every-field', 'example-taskflow'])('breaks no rule: %s', async (name) => {
    const text = await readFile(new URL(`../fixtures/${name}.yaml`, import.meta.url), 'utf8');
    const task: unknown = parse(text);
    expect(taskSchema.safeParse(task).error).toBeUndefined();
    expect(brokenRules(root, task)).toEqual([]);
  });

  it('has a name of at most 63 characters', () => {
    const spec = { steps: [{ name: 'a', image: 'b' }] };
    const named = (length: number): object => ({ metadata: { name: 'a'.repeat(length) }, spec });
    expect(brokenRules(root, named(63))).toEqual([]);
    expect(brokenRules(root, named(64))).toEqual([expect.stringContaining('at most 63 characters')]);
  });
});

describe('a change of the spec', () => {
  const schema = root.properties?.['spec'] ?? {};
  const one = { steps: [{ name: 'a', image: 'b' }] };
  const fields = {
    params: [{ name: 'x', value: ['a'] }],
    finally: [],
    failFast: true,
    workspaces: [{ name: 'x' }],
    results: [{ name: 'x', value: 'a' }],
    sidecars: [],
    stepTemplate: {},
    volumes: [],
    podTemplate: {},
    timeout: '1s',
    handOff: 'Direct',
    suspend: true,
    cancel: true,
    ttlSecondsAfterFinished: 0,
  };

  it('knows every field', () => {
    expect(Object.keys({ ...one, ...fields }).toSorted()).toEqual(
      Object.keys(schema.properties ?? {}).toSorted(),
    );
  });

  it.each(Object.entries(fields))(
    'that adds, changes or removes %s is refused unless it may change',
    (name, value) => {
      const mutable = (MUTABLE_FIELDS as readonly string[]).includes(name);
      const refusals = (message: string): unknown[] => (mutable ? [] : [expect.stringContaining(message)]);
      const message = `spec.${name} cannot be changed`;
      const given = { ...one, [name]: value };
      expect(brokenRules(schema, given, one)).toEqual(refusals(message));
      expect(brokenRules(schema, given, given)).toEqual([]);
      if (name !== 'cancel') expect(brokenRules(schema, one, given)).toEqual(refusals(message));
    },
  );

  it.each([
    ['of its image', [{ name: 'a', image: 'c' }]],
    ['by one more', [...one.steps, { name: 'b', image: 'b' }]],
    ['of a field that this version does not know', [{ name: 'a', image: 'b', later: 1 }]],
  ])('of a step, %s, is refused', (_, steps) => {
    expect(brokenRules(schema, { steps }, one)).toEqual([
      expect.stringContaining('spec.steps cannot be changed'),
    ]);
  });

  it.each<[boolean | undefined, boolean | undefined, boolean]>([
    [undefined, true, true],
    [false, true, true],
    [true, true, true],
    [false, undefined, true],
    [true, false, false],
    [true, undefined, false],
  ])('of cancel from %s to %s: %s', (before, after, allowed) => {
    const spec = (cancel: boolean | undefined): object => (cancel === undefined ? one : { ...one, cancel });
    const refused = [expect.stringContaining('a Task that is cancelled stays so')];
    expect(brokenRules(schema, spec(after), spec(before))).toEqual(allowed ? [] : refused);
  });
});
