/** Where things are on an API server. */
import type { ResourceType } from '../objects.ts';

interface Place {
  namespace?: string | undefined;
  name?: string | undefined;
  subresource?: string | undefined;
}

export type Query = Readonly<Record<string, string | number | boolean | undefined>>;

/**
 * The path of a resource, each name encoded.
 *
 * @see https://kubernetes.io/docs/reference/using-api/api-concepts/#resource-uris
 * @example pathOf(TASKS, { namespace: 'a', name: 'b', subresource: 'status' }) // '/apis/api.practice.com/v1alpha1/namespaces/a/tasks/b/status'
 */
export function pathOf(
  type: ResourceType,
  { namespace, name, subresource }: Place,
  query: Query = {},
): string {
  const parts = [
    ...(type.group === '' ? ['api'] : ['apis', type.group]),
    type.version,
    ...(namespace === undefined ? [] : ['namespaces', nameIn(type, 'namespace', namespace)]),
    type.plural,
    ...(name === undefined ? [] : [nameIn(type, 'name', name)]),
    ...(subresource === undefined ? [] : [subresource]),
  ];
  const search = new URLSearchParams();
  for (const [key, value] of Object.entries(query)) if (value !== undefined) search.set(key, String(value));
  const path = `/${parts.map(encodeURIComponent).join('/')}`;
  return search.size === 0 ? path : `${path}?${search.toString()}`;
}

/** An empty name would be another path, that of all of them; `..` one further up. */
function nameIn({ kind }: ResourceType, what: string, text: string): string {
  if (text === '' || text === '.' || text === '..') {
    throw new TypeError(`the ${what} of a ${kind} cannot be ${JSON.stringify(text)}`);
  }
  return text;
}
