/** Which resources are served, and by which path. */
import { listOf, fieldsOf, type ApiObject, textOf } from './object.ts';
import { apiVersionOf, resourceKey, type Resource, type ResourceKey } from './resource.ts';

export class Catalog {
  readonly #served = new Map<string, Resource>();
  readonly #byKey = new Map<ResourceKey, Resource>();

  add(resource: Resource): void {
    this.#served.set(pathOf(resource), resource);
    this.#byKey.set(resourceKey(resource), resource);
  }

  /** Replaces what a group and plural had, by other versions perhaps. */
  replace(key: ResourceKey, resources: readonly Resource[]): void {
    for (const [path, resource] of this.#served) if (resourceKey(resource) === key) this.#served.delete(path);
    this.#byKey.delete(key);
    for (const resource of resources) this.add(resource);
  }

  find(group: string, version: string, plural: string): Resource | undefined {
    return this.#served.get(pathOf({ group, version, plural }));
  }

  byKey(key: ResourceKey): Resource | undefined {
    return this.#byKey.get(key);
  }

  all(): Resource[] {
    return [...this.#served.values()];
  }

  /** `/api`, `/apis`, `/apis/GROUP` and `/apis/GROUP/VERSION`; `undefined`: nothing is there. */
  discovery(path: string): object | undefined {
    const parts = path.split('/').filter((part) => part !== '');
    const [root, group, version] = root1(parts);
    if (root === 'api' && group === undefined) return { kind: 'APIVersions', versions: ['v1'] };
    if (root === 'apis' && group === undefined) {
      return {
        kind: 'APIGroupList',
        apiVersion: 'v1',
        groups: this.#groups().map((name) => this.#group(name)),
      };
    }
    if (group === undefined || (group !== '' && !this.#groups().includes(group))) return undefined;
    if (version === undefined) return { kind: 'APIGroup', apiVersion: 'v1', ...this.#group(group) };
    const resources = this.all().filter((each) => each.group === group && each.version === version);
    if (resources.length === 0) return undefined;
    const groupVersion = apiVersionOf({ group, version });
    return {
      kind: 'APIResourceList',
      apiVersion: 'v1',
      groupVersion,
      resources: resources.flatMap(described),
    };
  }

  #groups(): string[] {
    return [...new Set(this.all().map(({ group }) => group))].filter((group) => group !== '');
  }

  #group(name: string): object {
    const versions = new Set(this.all().flatMap(({ group, version }) => (group === name ? [version] : [])));
    const list = [...versions].map((version) => ({ groupVersion: `${name}/${version}`, version }));
    return { name, versions: list, preferredVersion: list[0] };
  }
}

/** The core group has a root of its own. */
function root1([root, ...rest]: readonly string[]): readonly (string | undefined)[] {
  return root === 'api' && rest.length > 0 ? ['apis', '', ...rest] : [root, ...rest];
}

const VERBS = ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'update', 'watch'];

function described({ plural, singular, namespaced, kind, shortNames, subresources }: Resource): object[] {
  const short = shortNames.length > 0 && { shortNames };
  return [
    { name: plural, singularName: singular, namespaced, kind, verbs: VERBS, ...short },
    ...subresources.map((name) => ({
      name: `${plural}/${name}`,
      singularName: '',
      namespaced,
      kind,
      verbs: name === 'binding' ? ['create'] : ['get', 'patch', 'update'],
    })),
  ];
}

function pathOf({ group, version, plural }: Pick<Resource, 'group' | 'version' | 'plural'>): string {
  return `${group}/${version}/${plural}`;
}

/** The names of a definition, with those that can be left out. */
export function namesOf({ spec }: ApiObject): {
  kind: string;
  plural: string;
  singular: string;
  shortNames: string[];
} {
  const names = fieldsOf(spec?.['names']);
  const kind = String(names['kind']);
  return {
    kind,
    plural: String(names['plural']),
    singular: textOf(names['singular'] ?? kind.toLowerCase()),
    shortNames: (Array.isArray(names['shortNames']) ? names['shortNames'] : []).map(String),
  };
}

/** The versions of a definition that are served. */
export function servedVersions({ spec }: ApiObject): { name: string; status: boolean; schema: unknown }[] {
  return listOf(spec?.['versions'])
    .filter(({ served }) => served === true)
    .map((version) => ({
      name: String(version['name']),
      status: fieldsOf(version['subresources'])['status'] !== undefined,
      schema: fieldsOf(version['schema'])['openAPIV3Schema'],
    }));
}
