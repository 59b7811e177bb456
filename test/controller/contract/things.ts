/** A kind of the suite's own, with something of everything that a schema can say. */
import { afterAll, beforeAll } from 'vitest';
import { type Fields } from '../../support/api-server/object.ts';
import { type Reply } from '../../support/api-server/talk.ts';
import { waitUntil } from '../../support/wait-until.ts';
import { fresh, type Target } from './target.ts';

const DEFINITIONS = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';

export const spec = {
  type: 'object',
  required: ['size'],
  properties: {
    size: { type: 'integer', minimum: 1, maximum: 10 },
    min: { type: 'integer', default: 0 },
    count: { type: 'integer', format: 'int32' },
    ratio: { type: 'number', maximum: 1, exclusiveMaximum: true },
    mode: { type: 'string', enum: ['a', 'b'], default: 'a' },
    name: { type: 'string', pattern: '^[a-z]+$', minLength: 2, maxLength: 5 },
    port: { 'x-kubernetes-int-or-string': true },
    tags: { type: 'array', maxItems: 2, items: { type: 'string' } },
    labels: { type: 'object', additionalProperties: { type: 'string' } },
    open: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
    items: {
      type: 'array',
      maxItems: 20,
      'x-kubernetes-list-type': 'map',
      'x-kubernetes-list-map-keys': ['name'],
      items: {
        type: 'object',
        required: ['name'],
        properties: { name: { type: 'string' }, n: { type: 'integer', default: 7 } },
      },
    },
    when: { type: 'string', format: 'date-time' },
    nothing: { type: 'string', nullable: true },
    fixed: {
      type: 'string',
      'x-kubernetes-validations': [{ rule: 'self == oldSelf', message: 'fixed is immutable' }],
    },
  },
  'x-kubernetes-validations': [
    { rule: 'self.size >= self.min', message: 'size below min' },
    { rule: '!has(self.tags) || self.tags.all(t, t.startsWith("t-"))', message: 'tags begin with t-' },
    {
      rule: 'self.size >= oldSelf.size',
      message: 'size may not shrink',
      reason: 'FieldValueForbidden',
      fieldPath: '.size',
    },
  ],
};

export const status = {
  type: 'object',
  properties: {
    word: { type: 'string', default: 'none' },
    n: { type: 'integer', minimum: 0 },
    conditions: {
      type: 'array',
      'x-kubernetes-list-type': 'map',
      'x-kubernetes-list-map-keys': ['type'],
      items: {
        type: 'object',
        required: ['type'],
        properties: { type: { type: 'string' }, status: { type: 'string' } },
      },
    },
  },
};

interface Cause {
  field: string;
  reason: string;
  message: string;
}

/** What a refusal says is wrong. */
export function causesOf({ body }: Reply): Cause[] {
  const { causes = [] } = (body['details'] ?? {}) as { causes?: Cause[] };
  // That rules were not looked at is a cause of its own.
  return causes.filter(({ message }) => !message.includes('some validation rules were not checked'));
}

export interface Things {
  group: string;
  apiVersion: string;
  /** The path of the definition. */
  definition: string;
  /** The path of the list. */
  path: () => string;
  thing: (name: string, spec: object, more?: object) => object;
}

/** Defines things for a file, and takes the definition away after it. */
export function useThings(target: () => Target): Things {
  const group = `${fresh('g')}.contract.taskflow.test`;
  const name = `things.${group}`;
  const definition = `${DEFINITIONS}/${name}`;
  const apiVersion = `${group}/v1`;
  beforeAll(async () => {
    const { talk } = target();
    await talk.object('POST', DEFINITIONS, { body: definitionOf(name, group) });
    await waitUntil('things are served', async () => {
      const { code } = await talk.ask('GET', target().group(group, 'things'));
      return code === 200;
    });
  });
  afterAll(async () => {
    await target().talk.ask('DELETE', definition);
  });
  return {
    group,
    apiVersion,
    definition,
    path: () => target().group(group, 'things'),
    thing: (thingName, thingSpec, more = {}) => ({
      apiVersion,
      kind: 'Thing',
      metadata: { name: thingName },
      spec: thingSpec,
      ...more,
    }),
  };
}

function definitionOf(name: string, group: string): Fields {
  const openAPIV3Schema = { type: 'object', properties: { spec, status } };
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name },
    spec: {
      group,
      names: { plural: 'things', singular: 'thing', kind: 'Thing' },
      scope: 'Namespaced',
      versions: [
        {
          name: 'v1',
          served: true,
          storage: true,
          subresources: { status: {} },
          schema: { openAPIV3Schema },
        },
      ],
    },
  };
}
