/** Names, labels and the rest of metadata. */
import { same, type ApiObject, type Meta } from '../object.ts';
import { type Resource } from '../resource.ts';
import { cause, type Cause } from '../status.ts';

const LABEL = /^[a-z0-9](?:[-a-z0-9]*[a-z0-9])?$/;
const SUBDOMAIN = /^[a-z0-9](?:[-a-z0-9]*[a-z0-9])?(?:\.[a-z0-9](?:[-a-z0-9]*[a-z0-9])?)*$/;
const VALUE = /^(?:(?:[A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?$/;
const QUALIFIED = /^(?:[a-z0-9](?:[-a-z0-9.]*[a-z0-9])?\/)?[A-Za-z0-9](?:[-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$/;

const NO_LABEL =
  "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')";
const NO_SUBDOMAIN =
  "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";
const NO_VALUE =
  "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')";

/** What is wrong with a DNS label. */
export function labelCauses(field: string, name: string): Cause[] {
  if (name.length > 63) return [cause.invalid(field, name, 'must be no more than 63 characters')];
  return LABEL.test(name) ? [] : [cause.invalid(field, name, NO_LABEL)];
}

/** What is wrong with the metadata of a new or changed object. */
export function metadataCauses(
  { rules }: Resource,
  { metadata }: ApiObject,
  old: ApiObject | undefined,
): Cause[] {
  return [
    ...(old === undefined ? nameCauses(rules.name, metadata) : immutableCauses(metadata, old.metadata)),
    ...labelsCauses(metadata.labels ?? {}),
    ...ownerCauses(metadata),
    ...(old === undefined ? [] : finalizerCauses(metadata, old.metadata)),
  ];
}

function nameCauses(rule: 'label' | undefined, { name, generateName }: Meta): Cause[] {
  const field = 'metadata.name';
  if (name === '') return [cause.required(field, 'name or generateName is required')];
  if (rule === 'label') return labelCauses(field, name);
  if (name.length > 253) return [cause.invalid(field, name, 'must be no more than 253 characters')];
  if (SUBDOMAIN.test(name)) return [];
  // The real one looks at generateName by itself; a bad beginning makes a bad name as well.
  const at = generateName === undefined ? field : 'metadata.generateName';
  return [cause.invalid(at, name, NO_SUBDOMAIN), ...(at === field ? [] : [])];
}

function labelsCauses(labels: Readonly<Record<string, string>>): Cause[] {
  const field = 'metadata.labels';
  return Object.entries(labels).flatMap(([key, value]) => [
    ...(QUALIFIED.test(key)
      ? []
      : [
          cause.invalid(
            field,
            key,
            "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character",
          ),
        ]),
    ...(VALUE.test(value) ? [] : [cause.invalid(field, value, NO_VALUE)]),
    ...(value.length > 63 ? [cause.invalid(field, value, 'must be no more than 63 characters')] : []),
  ]);
}

function ownerCauses({ ownerReferences = [] }: Meta): Cause[] {
  const field = 'metadata.ownerReferences';
  const controllers = ownerReferences.filter(({ controller }) => controller === true);
  return [
    ...ownerReferences.flatMap((owner, index) =>
      (['apiVersion', 'kind', 'name', 'uid'] as const)
        .filter((key) => typeof owner[key] !== 'string' || owner[key] === '')
        .map((key) => cause.invalid(`${field}[${index}].${key}`, owner[key] ?? '', 'must not be empty')),
    ),
    ...(controllers.length > 1
      ? [cause.invalid(field, ownerReferences, 'Only one reference can have Controller set to true.')]
      : []),
  ];
}

const IMMUTABLE = ['uid', 'creationTimestamp', 'deletionTimestamp', 'deletionGracePeriodSeconds'] as const;

function immutableCauses(metadata: Meta, old: Meta): Cause[] {
  return IMMUTABLE.filter((key) => metadata[key] !== undefined && !same(metadata[key], old[key])).map((key) =>
    cause.invalid(`metadata.${key}`, metadata[key], 'field is immutable'),
  );
}

function finalizerCauses({ finalizers = [] }: Meta, old: Meta): Cause[] {
  if (old.deletionTimestamp === undefined) return [];
  const fresh = finalizers.filter((name) => !(old.finalizers ?? []).includes(name));
  if (fresh.length === 0) return [];
  const list = fresh.map((name) => JSON.stringify(name)).join(', ');
  const why = `no new finalizers can be added if the object is being deleted, found new finalizers []string{${list}}`;
  return [cause.forbidden('metadata.finalizers', why)];
}
