/** What is done for each call, and answered. */
import { fieldsOf, isFields, type ApiObject } from '../object.ts';
import { list } from '../list.ts';
import { resourceKey, type Resource } from '../resource.ts';
import { fieldSelector, labelSelector, type Selector } from '../selector.ts';
import { notFound, unsupported, badRequest, type Status } from '../status.ts';
import { type Store, type Version } from '../store.ts';
import { jsonPatch } from '../write/json-patch.ts';
import { mergePatch } from '../write/merge-patch.ts';
import { remove, type DeleteOptions } from '../write/remove.ts';
import { type Target, type Writer } from '../write/writer.ts';
import { type Call } from './call.ts';

export interface Answer {
  code: number;
  json: string;
}

export interface Services {
  store: Store;
  writer: Writer;
  /** Whether the garbage collector works. */
  collects: () => boolean;
  oldestToken: () => number;
}

/**
 * Does what a call asks for; a watch is not its business.
 *
 * @throws {StatusError}
 */
export function answer(services: Services, call: Call, body: unknown, contentType: string): Answer {
  const { store, writer } = services;
  const { resource, namespace, params, subresource, name = '' } = call;
  const target: Target = { resource, namespace, name, subresource };
  const dryRun = params.get('dryRun') === 'All';
  switch (call.verb) {
    case 'get':
      return ok(stored(store, target));
    case 'list': {
      const matches = selectorOf(params);
      return {
        code: 200,
        json: list(store, { resource, namespace, matches, params }, services.oldestToken()),
      };
    }
    case 'create':
      if (subresource === 'binding') return bind(services, target, body);
      if (params.get('fieldValidation') === 'Strict') refuseUnknown(resource, body);
      return ok(writer.create(resource, namespace, body, dryRun), 201);
    case 'update': {
      const { version, created } = writer.update(target, () => body, 'replace', dryRun);
      return ok(version, created ? 201 : 200);
    }
    case 'patch': {
      const change = patchOf(contentType, body, resource.rules.custom === true);
      return ok(writer.update(target, change, 'patch', dryRun).version);
    }
    case 'delete':
      return deleted(services, target, optionsOf(params, body));
    case 'deletecollection': {
      const matches = selectorOf(params);
      const json = list(store, { resource, namespace, matches, params: new URLSearchParams() }, 0);
      const options = optionsOf(params, body);
      for (const { object } of store.shelf(resourceKey(resource)).values(namespace)) {
        if (matches(object.metadata))
          remove(store, { ...target, ...object.metadata }, { ...options, collected: services.collects() });
      }
      return { code: 200, json };
    }
    case 'watch':
      throw badRequest('a watch is no answer');
    default:
      return call.verb satisfies never;
  }
}

/** Which objects a list or watch is about, whatever their namespace. */
export function selectorOf(params: URLSearchParams): Selector {
  const labels = labelSelector(params.get('labelSelector'));
  const fields = fieldSelector(params.get('fieldSelector')).matches;
  return (meta) => labels(meta) && fields(meta);
}

function stored(store: Store, { resource, namespace, name }: Target): Version {
  const version = store.shelf(resourceKey(resource)).get(namespace, name);
  if (version === undefined) throw notFound(resource, name);
  return version;
}

function patchOf(contentType: string, patch: unknown, custom: boolean): (old: ApiObject) => unknown {
  const type = contentType.split(';')[0]?.trim();
  if (type === 'application/json-patch+json') return (old) => jsonPatch(old, patch);
  if (type === 'application/merge-patch+json') return (old) => mergePatch(old, patch);
  if (type === 'application/apply-patch+yaml')
    throw unsupported('server-side apply is not spoken here: use a merge patch or a JSON patch');
  if (type === 'application/strategic-merge-patch+json' && !custom)
    throw unsupported('strategic merge patches are not spoken here: use a merge patch or a JSON patch');
  throw unsupported(
    'the body of the request was in an unknown format - accepted media types include: application/json-patch+json, application/merge-patch+json',
  );
}

/** A scheduler's decision. */
function bind({ store }: Services, target: Target, body: unknown): Answer {
  const version = stored(store, target);
  const { object } = version;
  const nodeName = fieldsOf(fieldsOf(body)['target'])['name'];
  if (typeof nodeName !== 'string') throw badRequest('a binding needs target.name');
  const scheduled = { type: 'PodScheduled', status: 'True', lastProbeTime: null };
  const status = { ...object.status, conditions: [scheduled] };
  const spec = { ...object.spec, nodeName };
  store.commit(resourceKey(target.resource), 'MODIFIED', { ...object, spec, status }, version);
  return { code: 201, json: JSON.stringify(SUCCESS) };
}

const SUCCESS: Status = { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success' };

function deleted(services: Services, target: Target, options: DeleteOptions): Answer {
  const { resource } = target;
  const { version, gone } = remove(services.store, target, { ...options, collected: services.collects() });
  if (!gone || resource.rules.returnsDeleted === true) return ok(version);
  const { name, uid } = version.object.metadata;
  const group = resource.group !== '' && { group: resource.group };
  return {
    code: 200,
    json: JSON.stringify({ ...SUCCESS, details: { name, ...group, kind: resource.plural, uid } }),
  };
}

function optionsOf(params: URLSearchParams, body: unknown): DeleteOptions {
  const sent = isFields(body) ? body : {};
  const { uid, resourceVersion } = fieldsOf(sent['preconditions']);
  const grace = sent['gracePeriodSeconds'] ?? params.get('gracePeriodSeconds') ?? undefined;
  const policy = sent['propagationPolicy'] ?? params.get('propagationPolicy') ?? undefined;
  return {
    ...(typeof uid === 'string' && { uid }),
    ...(typeof resourceVersion === 'string' && { resourceVersion }),
    ...(grace !== undefined && { gracePeriodSeconds: Number(grace) }),
    ...(typeof policy === 'string' && { propagationPolicy: policy }),
  };
}

function ok(version: Version, code = 200): Answer {
  return { code, json: version.json };
}

function refuseUnknown({ kind, version, rules }: Resource, body: unknown): void {
  const unknown = rules.unknown?.(body) ?? [];
  if (unknown.length === 0) return;
  const fields = unknown.map((path) => `unknown field "${path}"`).join(', ');
  throw badRequest(
    `${kind} in version "${version}" cannot be handled as a ${kind}: strict decoding error: ${fields}`,
  );
}
