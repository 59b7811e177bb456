/** Who may do what: bearer tokens, and RBAC rules for each. */
import { qualified, StatusError, forbidden } from '../status.ts';
import { type Call } from './call.ts';

/** As in a Role or ClusterRole. */
export interface PolicyRule {
  apiGroups?: readonly string[];
  resources?: readonly string[];
  verbs: readonly string[];
  resourceNames?: readonly string[];
  nonResourceURLs?: readonly string[];
}

/** Rules by a binding: of a whole cluster, or of one namespace. */
export interface Grant {
  rules: readonly PolicyRule[];
  namespace?: string;
}

export interface User {
  /** `system:serviceaccount:taskflow:controller` */
  name: string;
  /** `undefined`: everything is allowed. */
  grants?: readonly Grant[];
}

/** The users by their tokens. As long as there is none, nobody is asked who they are. */
export class Access {
  readonly #users = new Map<string, User>();
  /** What was refused, as one line each: `alice list pods`. For a test to print. */
  readonly refused: string[] = [];

  constructor(users: Readonly<Record<string, User>>) {
    for (const [token, user] of Object.entries(users)) this.#users.set(token, user);
  }

  /** Adds a user, or changes what one may do. */
  allow(token: string, user: User): void {
    this.#users.set(token, user);
  }

  /** From now on this token is nobody's, as one that ran out. */
  revoke(token: string): void {
    this.#users.set(token, { name: '', grants: [] });
  }

  /** @throws {StatusError} 401 */
  userOf(authorization: string | undefined): User | undefined {
    if (this.#users.size === 0) return undefined;
    const token = /^Bearer (.+)$/.exec(authorization ?? '')?.[1] ?? '';
    const user = this.#users.get(token);
    if (user === undefined || user.name === '') throw new StatusError(401, 'Unauthorized', 'Unauthorized');
    return user;
  }

  /** @throws {StatusError} 403 */
  check(call: Call, user: User | undefined): void {
    if (user?.grants === undefined || user.grants.some((grant) => allows(grant, call))) return;
    const { verb, resource, namespace, name = '', subresource } = call;
    const plural = subresource === undefined ? resource.plural : `${resource.plural}/${subresource}`;
    const where = namespace === undefined ? 'at the cluster scope' : `in the namespace "${namespace}"`;
    const why = `User "${user.name}" cannot ${verb} resource "${plural}" in API group "${resource.group}" ${where}`;
    this.refused.push(
      `${user.name} ${verb} ${qualified({ ...resource, plural })}${name === '' ? '' : ` ${name}`}`,
    );
    throw forbidden(resource, name, why);
  }
}

function allows({ rules, namespace: within }: Grant, call: Call): boolean {
  const { verb, resource, namespace, name, subresource } = call;
  if (within !== undefined && within !== namespace) return false;
  const plural = subresource === undefined ? resource.plural : `${resource.plural}/${subresource}`;
  const wildcard = subresource === undefined ? '*' : `*/${subresource}`;
  return rules.some(
    ({ apiGroups = [], resources = [], verbs, resourceNames = [] }) =>
      includes(verbs, verb) &&
      includes(apiGroups, resource.group) &&
      (includes(resources, plural) || resources.includes(wildcard)) &&
      // Of what is not there yet nobody knows the name.
      (resourceNames.length === 0 ||
        (verb !== 'create' && name !== undefined && resourceNames.includes(name))),
  );
}

function includes(list: readonly string[], item: string): boolean {
  return list.includes(item) || list.includes('*');
}
