/** What a request asks for, as the authorizer, the faults and the counters see it. */
import { type Catalog } from '../catalog.ts';
import { type Resource } from '../resource.ts';
import { fieldSelector } from '../selector.ts';
import { badRequest, methodNotAllowed, StatusError } from '../status.ts';

export type Verb = 'get' | 'list' | 'watch' | 'create' | 'update' | 'patch' | 'delete' | 'deletecollection';

/** One request. */
export interface Call {
  verb: Verb;
  resource: Resource;
  namespace: string | undefined;
  /** Of a list or watch too, where its field selector asks for one. */
  name: string | undefined;
  subresource: string | undefined;
  params: URLSearchParams;
  /** Who calls; `undefined` when nobody is asked. */
  user: string | undefined;
}

/** The part of a URL that says which objects. */
interface Path {
  group: string;
  version: string;
  namespace: string | undefined;
  plural: string;
  name: string | undefined;
  subresource: string | undefined;
}

function parse(path: string): Path | undefined {
  const parts = path.split('/').slice(1).map(decodeURIComponent);
  const [root, ...rest] = parts;
  if (root !== 'api' && root !== 'apis') return undefined;
  const [group = '', version, ...below] = root === 'api' ? ['', ...rest] : rest;
  if (version === undefined || below.length === 0) return undefined;
  const [first = '', second, third, ...more] = below;
  // `/namespaces/NAME/status` is about the namespace, `/namespaces/NAME/pods` is not.
  const inNamespace = first === 'namespaces' && third !== undefined && third !== 'status';
  const [namespace, plural, name, subresource] = inNamespace
    ? [second, third, more[0], more[1]]
    : [undefined, first, second, third];
  return { group, version, namespace, plural, name, subresource };
}

/**
 * What is asked for; `undefined`: nothing of the API is there.
 *
 * @throws {StatusError} 404 for a resource that is not served, 405 for what cannot be done to it
 */
export function callOf(
  catalog: Catalog,
  method: string,
  url: URL,
  user: string | undefined,
): Call | undefined {
  const path = parse(url.pathname);
  if (path === undefined) return undefined;
  const { group, version, namespace, plural, name, subresource } = path;
  const resource = catalog.find(group, version, plural);
  if (resource === undefined) {
    const known = catalog.all().some((each) => each.group === group && each.version === version);
    if (!known) return undefined;
    throw new StatusError(404, 'NotFound', 'the server could not find the requested resource', {});
  }
  if (subresource !== undefined && !resource.subresources.includes(subresource))
    throw new StatusError(404, 'NotFound', 'the server could not find the requested resource', {});
  if (!resource.namespaced && namespace !== undefined)
    throw new StatusError(404, 'NotFound', 'the server could not find the requested resource', {});
  const params = url.searchParams;
  const verb = verbOf(method, name, subresource, params);
  const nameless = name === undefined && resource.namespaced && namespace === undefined;
  if (nameless && verb === 'create') throw methodNotAllowed();
  const selected = name ?? fieldSelector(params.get('fieldSelector')).name;
  return { verb, resource, namespace, name: selected, subresource, params, user };
}

function verbOf(
  method: string,
  name: string | undefined,
  subresource: string | undefined,
  params: URLSearchParams,
): Verb {
  const watch = ['1', 'true'].includes(params.get('watch') ?? '');
  switch (method) {
    case 'GET':
      if (name !== undefined) return 'get';
      return watch ? 'watch' : 'list';
    case 'POST':
      if (name === undefined || subresource === 'binding') return 'create';
      throw methodNotAllowed();
    case 'PUT':
      if (name !== undefined) return 'update';
      throw methodNotAllowed();
    case 'PATCH':
      if (name !== undefined) return 'patch';
      throw methodNotAllowed();
    case 'DELETE':
      if (subresource !== undefined) throw methodNotAllowed();
      return name === undefined ? 'deletecollection' : 'delete';
    default:
      throw badRequest(`the method ${method} is not known here`);
  }
}
