/** Nobody but the leader writes. */
import type { ApiClient } from './runtime/client.ts';

/** No longer the leader. */
export class NotLeadingError extends Error {
  override name = 'NotLeadingError';
}

type Client = Pick<ApiClient, 'get' | 'list' | 'create' | 'patch' | 'delete'>;

/**
 * A client that asks before each write whether it may still be done. Between two writes of one look at a Task the
 * process may have been frozen, and another controller lead meanwhile: the answer to the first is what it then sees
 * first, before any timer.
 *
 * @example whileLeading(client, () => term.isCurrent()).create(PODS, pod) // throws NotLeadingError when it is not
 */
export function whileLeading(client: Client, mayWrite: () => boolean): Client {
  const allowed = (): void => {
    if (!mayWrite()) throw new NotLeadingError('this controller no longer leads');
  };
  return {
    get: (type, ref, options) => client.get(type, ref, options),
    list: (type, query, options) => client.list(type, query, options),
    async create(type, object, options) {
      allowed();
      return client.create(type, object, options);
    },
    async patch(type, ref, patch, options) {
      allowed();
      return client.patch(type, ref, patch, options);
    },
    async delete(type, ref, options) {
      allowed();
      return client.delete(type, ref, options);
    },
  };
}
