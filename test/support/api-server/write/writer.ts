/** Creating and changing objects, as the registry of a real API server does it. */
import { randomInt, randomUUID } from 'node:crypto';
import {
  fieldsOf,
  isFields,
  kindFirst,
  present,
  same,
  timestamp,
  type ApiObject,
  type Meta,
  textOf,
} from '../object.ts';
import { metadataCauses } from '../kinds/names.ts';
import { apiVersionOf, resourceKey, type Resource } from '../resource.ts';
import { alreadyExists, badRequest, cause, conflict, forbidden } from '../status.ts';
import { invalid, notFound, StatusError } from '../status.ts';
import { type Store, type Version } from '../store.ts';

const NAMESPACES = { group: '', plural: 'namespaces' } as const;

/** Which object is written to. */
export interface Target {
  resource: Resource;
  namespace: string | undefined;
  name: string;
  subresource?: string | undefined;
}

export class Writer {
  readonly #store: Store;

  constructor(store: Store) {
    this.#store = store;
  }

  /** @throws {StatusError} */
  create(resource: Resource, namespace: string | undefined, body: unknown, dryRun = false): Version {
    const { rules } = resource;
    const sent = objectOf(resource, body);
    const given = fieldsOf(sent.metadata);
    if ((given['resourceVersion'] ?? '') !== '')
      throw new StatusError(500, undefined, 'resourceVersion should not be set on objects to be created');
    checkNamespace(given, namespace);
    const name = textOf(given['name'] ?? generated(given['generateName']));
    const metadata = present({
      ...withoutNulls(given),
      name,
      namespace,
      uid: randomUUID(),
      resourceVersion: '',
      creationTimestamp: timestamp(),
      generation: rules.generation === true ? 1 : undefined,
      deletionTimestamp: undefined,
      deletionGracePeriodSeconds: undefined,
      managedFields: undefined,
    }) as Meta;
    const { status: _, ...bare } = sent;
    const plain = { ...(resource.subresources.includes('status') ? bare : sent), metadata } as ApiObject;
    const prepared = rules.prepareCreate?.(plain) ?? plain;
    const object = rules.shape?.(prepared) ?? prepared;

    this.#admitNamespace(resource, namespace, name);
    rules.admit?.(object);
    const causes = [
      ...metadataCauses(resource, object, undefined),
      ...(rules.validate?.(object, undefined) ?? []),
    ];
    if (causes.length > 0) throw invalid(resource, name, causes);
    const shelf = this.#store.shelf(resourceKey(resource));
    if (shelf.get(namespace, name) !== undefined) throw alreadyExists(resource, name);
    return this.#store.commit(resourceKey(resource), 'ADDED', object, undefined, dryRun);
  }

  /**
   * Changes an object to what `change` makes of it.
   *
   * @param how - `replace`: what comes is the whole object; `patch`: it began as the stored one
   * @throws {StatusError}
   */
  update(
    target: Target,
    change: (old: ApiObject) => unknown,
    how: 'replace' | 'patch',
    dryRun = false,
  ): { version: Version; created: boolean } {
    const { resource, namespace, name, subresource } = target;
    const key = resourceKey(resource);
    const stored = this.#store.shelf(key).get(namespace, name);
    if (stored === undefined) {
      if (how === 'patch' || resource.rules.createOnUpdate !== true) throw notFound(resource, name);
      const body = fieldsOf(change({} as ApiObject));
      const metadata = { ...fieldsOf(body['metadata']), name, resourceVersion: '' };
      return { version: this.create(resource, namespace, { ...body, metadata }, dryRun), created: true };
    }
    const old = stored.object;
    const sent = objectOf(resource, change(old));
    this.#precondition(target, fieldsOf(sent.metadata), old.metadata, how);

    const next = merged(resource, sent, old, subresource);
    resource.rules.admit?.(next);
    const causes = [
      ...metadataCauses(resource, { ...next, metadata: sent.metadata }, old),
      ...(resource.rules.validate?.(next, old, subresource) ?? []),
    ];
    if (causes.length > 0) throw invalid(resource, name, causes);
    if (same(next, old)) return { version: stored, created: false };
    const { deletionTimestamp, deletionGracePeriodSeconds = 0, finalizers = [] } = next.metadata;
    const over =
      deletionTimestamp !== undefined && finalizers.length === 0 && deletionGracePeriodSeconds === 0;
    const type = over ? 'DELETED' : 'MODIFIED';
    return { version: this.#store.commit(key, type, next, stored, dryRun), created: false };
  }

  #precondition(
    { resource, namespace, name }: Target,
    sent: Partial<Meta>,
    old: Meta,
    how: 'replace' | 'patch',
  ): void {
    if (sent.name !== undefined && sent.name !== name)
      throw badRequest(`the name of the object (${sent.name}) does not match the name on the URL (${name})`);
    checkNamespace(sent, namespace);
    const { resourceVersion = '', uid = '' } = sent;
    if (resourceVersion === '') {
      const { noBlindUpdate, custom } = resource.rules;
      if (how === 'replace' && (noBlindUpdate === true || custom === true)) {
        const field = cause.invalid('metadata.resourceVersion', 0, 'must be specified for an update');
        throw invalid({ group: resource.group, kind: resource.plural }, name, [field]);
      }
    } else if (resourceVersion !== old.resourceVersion) throw conflict(resource, name);
    if (how === 'replace' && uid !== '' && uid !== old.uid) {
      const key = `/registry/${resource.plural}/${namespace === undefined ? '' : `${namespace}/`}${name}`;
      throw conflict(
        resource,
        name,
        `StorageError: invalid object, Code: 4, Key: ${key}, ResourceVersion: 0, AdditionalErrorMsg: Precondition failed: UID in precondition: ${uid}, UID in object meta: ${old.uid}`,
      );
    }
  }

  /** Nothing new in a namespace that is not there, or is going. */
  #admitNamespace(resource: Resource, namespace: string | undefined, name: string): void {
    if (namespace === undefined) return;
    const version = this.#store.shelf(resourceKey(NAMESPACES)).get(undefined, namespace);
    if (version === undefined) throw notFound(NAMESPACES, namespace);
    if (version.object.metadata.deletionTimestamp === undefined) return;
    const why = `unable to create new content in namespace ${namespace} because it is being terminated`;
    const message = `namespace ${namespace} is being terminated`;
    throw forbidden(resource, name, why, [
      { reason: 'NamespaceTerminating', message, field: 'metadata.namespace' },
    ]);
  }
}

/** The part of what was sent that may be written this way, on what was there. */
function merged(
  resource: Resource,
  sent: ApiObject,
  old: ApiObject,
  subresource: string | undefined,
): ApiObject {
  const { rules } = resource;
  const status = subresource === 'status';
  const kept = status && rules.custom === true ? old.metadata : withoutNulls(sent.metadata);
  const metadata = present({
    ...(kept as Meta),
    name: old.metadata.name,
    generateName: old.metadata.generateName,
    namespace: old.metadata.namespace,
    uid: old.metadata.uid,
    resourceVersion: old.metadata.resourceVersion,
    creationTimestamp: old.metadata.creationTimestamp,
    generation: old.metadata.generation,
    deletionTimestamp: old.metadata.deletionTimestamp,
    deletionGracePeriodSeconds: old.metadata.deletionGracePeriodSeconds,
    managedFields: undefined,
  }) as Meta;
  const { status: sentStatus, ...sentRest } = sent;
  const { status: oldStatus, ...oldRest } = old;
  const ownStatus = resource.subresources.includes('status');
  const plain = present({
    ...(status ? oldRest : sentRest),
    status: status || !ownStatus ? sentStatus : oldStatus,
    metadata,
  });
  const ordered = kindFirst(old.kind, old.apiVersion, plain);
  const next = rules.shape?.(ordered) ?? ordered;
  if (rules.generation !== true || same(desired(next), desired(old))) return next;
  return { ...next, metadata: { ...metadata, generation: (metadata.generation ?? 0) + 1 } };
}

/** What a generation counts the changes of. */
function desired(object: ApiObject): object {
  const { metadata: _, status: __, ...rest } = object;
  return rest;
}

/**
 * What was sent, as an object of its resource.
 *
 * @throws {StatusError} 400 when it says that it is something else.
 */
function objectOf(resource: Resource, body: unknown): ApiObject {
  const apiVersion = apiVersionOf(resource);
  const { kind } = resource;
  if (!isFields(body)) throw badRequest(`the object provided is unrecognized (must be of type ${kind})`);
  const custom = resource.rules.custom === true;
  const said = { kind: textOf(body['kind']), apiVersion: textOf(body['apiVersion']) };
  if (custom && said.apiVersion !== apiVersion)
    throw badRequest(
      `the API version in the data (${said.apiVersion}) does not match the expected API version (${apiVersion})`,
    );
  if (custom && said.kind !== kind) {
    const name = textOf(fieldsOf(body['metadata'])['name']);
    throw invalid(resource, name, [cause.invalid('kind', said.kind, `must be ${kind}`)]);
  }
  if ((said.kind !== '' && said.kind !== kind) || (said.apiVersion !== '' && said.apiVersion !== apiVersion))
    throw badRequest(
      `${said.kind} in version "${said.apiVersion}" cannot be handled as a ${kind}: converting (${said.apiVersion}.${said.kind}) to (${kind}): unknown conversion`,
    );
  return kindFirst(kind, apiVersion, { ...body, metadata: fieldsOf(body['metadata']) });
}

function checkNamespace(metadata: Partial<Meta>, namespace: string | undefined): void {
  const said = metadata.namespace ?? '';
  if (said === '' || said === namespace) return;
  throw badRequest('the namespace of the provided object does not match the namespace sent on the request');
}

/** Go's decoder takes null for a field that is not there. */
function withoutNulls(metadata: object): Partial<Meta> {
  const entries = Object.entries(metadata).filter(
    ([, value]: [string, unknown]) =>
      value !== null &&
      !(isFields(value) && Object.keys(value).length === 0) &&
      !(Array.isArray(value) && value.length === 0),
  );
  return Object.fromEntries(entries);
}

const LETTERS = 'bcdfghjklmnpqrstvwxz2456789';

function generated(prefix: unknown): string {
  if (typeof prefix !== 'string' || prefix === '') return '';
  const random = Array.from({ length: 5 }, () => LETTERS[randomInt(LETTERS.length)]).join('');
  return `${prefix.slice(0, 58)}${random}`;
}
