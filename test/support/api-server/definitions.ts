/** CustomResourceDefinitions: what they make served, and what is wrong with them. */
import { fieldsOf, isFields, listOf, timestamp, type ApiObject, type Fields } from './object.ts';
import { namesOf, servedVersions, type Catalog } from './catalog.ts';
import { resourceKey, type Resource, type Rules } from './resource.ts';
import { ruleCauses, unknownRules } from './schema/cel.ts';
import { shaped, type Schema } from './schema/schema.ts';
import { schemaCauses } from './schema/validate.ts';
import { cause, type Cause } from './status.ts';
import { Version, type Store } from './store.ts';

const DEFINITIONS = { group: 'apiextensions.k8s.io', plural: 'customresourcedefinitions' } as const;

export const definitionRules: Rules = {
  generation: true,
  returnsDeleted: true,
  shape: (definition) => {
    const { spec = {} } = definition;
    const names = namesOf(definition);
    const listKind = fieldsOf(spec['names'])['listKind'] ?? `${names.kind}List`;
    return {
      ...definition,
      spec: {
        conversion: { strategy: 'None' },
        ...spec,
        names: { ...fieldsOf(spec['names']), singular: names.singular, listKind },
      },
    };
  },
  prepareCreate: (definition) => ({ ...definition, status: established(definition) }),
  validate: (definition) => definitionCauses(definition),
};

function established({ spec = {} }: ApiObject): Fields {
  const condition = (type: string, reason: string, message: string): Fields => ({
    type,
    status: 'True',
    lastTransitionTime: timestamp(),
    reason,
    message,
  });
  const stored = listOf(spec['versions']).filter(({ storage }) => storage === true);
  return {
    conditions: [
      condition('NamesAccepted', 'NoConflicts', 'no conflicts found'),
      condition('Established', 'InitialNamesAccepted', 'the initial names have been accepted'),
    ],
    acceptedNames: fieldsOf(spec['names']),
    storedVersions: stored.map(({ name }) => name),
  };
}

function definitionCauses(definition: ApiObject): Cause[] {
  const { spec = {}, metadata } = definition;
  const name = `${namesOf(definition).plural}.${String(spec['group'])}`;
  const versions = listOf(spec['versions']);
  return [
    ...(metadata.name === name
      ? []
      : [cause.invalid('metadata.name', metadata.name, `must be spec.names.plural+"."+spec.group`)]),
    ...(versions.filter(({ storage }) => storage === true).length === 1
      ? []
      : [
          cause.invalid(
            'spec.versions',
            versions.length,
            'must have exactly one version marked as storage version',
          ),
        ]),
    ...versions.flatMap((version, index) => {
      const field = `spec.versions[${index}].schema.openAPIV3Schema`;
      const schema = fieldsOf(version['schema'])['openAPIV3Schema'];
      if (!isFields(schema)) return [cause.required(field, 'schemas are required')];
      return [...structureCauses(schema, field), ...unknownRules(schema, field)];
    }),
  ];
}

/** Keywords that no structural schema may have. */
const NOT_ALLOWED = ['$ref', 'definitions', 'dependencies', 'patternProperties', 'deprecated', 'id', 'const'];

function structureCauses(schema: Schema & Fields, field: string): Cause[] {
  const { properties = {}, additionalProperties, items } = schema;
  const typed =
    schema.type !== undefined ||
    schema['x-kubernetes-int-or-string'] === true ||
    schema['x-kubernetes-preserve-unknown-fields'] === true;
  return [
    ...(typed ? [] : [cause.required(`${field}.type`, 'must not be empty for specified object fields')]),
    ...NOT_ALLOWED.filter((key) => schema[key] !== undefined).map((key) =>
      cause.forbidden(`${field}.${key}`, `${key} is not supported`),
    ),
    ...(Object.keys(properties).length > 0 && additionalProperties !== undefined
      ? [
          cause.forbidden(
            `${field}.additionalProperties`,
            'additionalProperties and properties are mutual exclusive',
          ),
        ]
      : []),
    ...(schema.uniqueItems === true
      ? [
          cause.forbidden(
            `${field}.uniqueItems`,
            'uniqueItems cannot be set to true since the runtime complexity becomes quadratic',
          ),
        ]
      : []),
    ...(schema.type === 'array' && items === undefined
      ? [cause.required(`${field}.items`, 'must be specified')]
      : []),
    ...(schema.default === undefined ? [] : schemaCauses(schema.default, schema, `${field}.default`)),
    ...Object.entries(properties).flatMap(([key, each]) =>
      structureCauses(each as Schema & Fields, `${field}.properties[${key}]`),
    ),
    ...(isFields(additionalProperties)
      ? structureCauses(additionalProperties, `${field}.additionalProperties`)
      : []),
    ...(isFields(items) ? structureCauses(items, `${field}.items`) : []),
  ];
}

/** Serves what is defined, from the moment that it is. */
export function serveDefinitions(store: Store, catalog: Catalog): void {
  store.listeners.add((resource, { type, now: { object } }) => {
    if (resource !== resourceKey(DEFINITIONS)) return;
    const key = resourceKey({ group: String(object.spec?.['group']), plural: namesOf(object).plural });
    const shelf = store.shelf(key);
    if (type === 'DELETED') {
      for (const version of shelf.values()) store.commit(key, 'DELETED', version.object, version);
      return catalog.replace(key, []);
    }
    const resources = resourcesOf(object);
    catalog.replace(key, resources);
    // What is stored is read with the schema of now: new defaults show without a write.
    const shape = resources[0]?.rules.shape;
    if (type === 'MODIFIED' && shape !== undefined)
      for (const version of shelf.values()) shelf.reread(new Version(shape(version.object)));
  });
}

function resourcesOf(definition: ApiObject): Resource[] {
  const { spec = {} } = definition;
  return servedVersions(definition).map(({ name, status, schema }) => ({
    group: String(spec['group']),
    version: name,
    ...namesOf(definition),
    namespaced: spec['scope'] === 'Namespaced',
    subresources: status ? ['status'] : [],
    rules: customRules(fieldsOf(schema)),
  }));
}

/** With one of these a rule could meet what it was not written for, and is not looked at. */
const BLOCKING: ReadonlySet<string> = new Set([
  'FieldValueNotSupported',
  'FieldValueRequired',
  'FieldValueTooLong',
  'FieldValueTooMany',
  'FieldValueTypeInvalid',
]);

const UNCHECKED: Cause = {
  reason: 'FieldValueInvalid',
  message:
    'Invalid value: null: some validation rules were not checked because the object was invalid; correct the existing errors to complete validation',
  field: '<nil>',
};

function customRules(schema: Schema): Rules {
  return {
    custom: true,
    generation: true,
    shape: (object) => shaped(object, schema),
    validate: (object, old, subresource) => {
      // By /status only the status is looked at, and from there.
      const status = subresource === 'status';
      const below = status ? schema.properties?.['status'] : schema;
      if (below === undefined) return [];
      const [value, before, field] = status
        ? [object.status, old?.status, 'status']
        : [withNames(object), old && withNames(old), ''];
      if (value === undefined) return [];
      const causes = schemaCauses(value, below, field, before);
      if (!causes.some(({ reason }) => BLOCKING.has(reason)))
        return [...causes, ...ruleCauses(value, below, field, before)];
      return status ? causes : [...causes, UNCHECKED];
    },
  };
}

/** Of metadata a schema sees the names only; the rest is looked at as that of every kind is. */
function withNames(object: ApiObject): Fields {
  const { name, generateName } = object.metadata;
  return { ...object, metadata: { name, ...(generateName !== undefined && { generateName }) } };
}
