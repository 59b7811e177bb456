/** Why the API server refused a pod, and what follows from it. */
import { plain } from '../shared/text.ts';
import { MAX_TROUBLE, type Trouble } from './decide/trouble.ts';
import type { ApiError } from './runtime/errors.ts';
import type { StoredTask } from './stored-task.ts';

/** The API server will not have the pod. */
export class RefusedError extends Error {
  override name = 'RefusedError';
  readonly trouble: Trouble;

  constructor(trouble: Trouble, options?: ErrorOptions) {
    super(trouble.message, options);
    this.trouble = trouble;
  }
}

/**
 * Why a pod was refused, and whether it may be taken later; `undefined` for what is no refusal, such as a server that
 * is overloaded, or a namespace that is going.
 */
export async function refusal({ status, told }: ApiError, task: StoredTask): Promise<Trouble | undefined> {
  const meant = told.includes('unknown field') ? (await import('./misspelt.ts')).misspelt(task) : [];
  const message = plain([`the API server refuses the pod: ${told}`, ...meant].join('; '), MAX_TROUBLE);
  // What is too large for etcd is so for good, too, whatever the number says.
  if (status === 413 || told.includes('request is too large'))
    return { reason: 'PodTooLarge', message, ends: 'now' };
  if (status === 400 || status === 422) return { reason: 'InvalidPod', message, ends: 'now' };
  if (status !== 403 || told.includes('because it is being terminated')) return undefined;
  return told.includes('exceeded quota')
    ? { reason: 'QuotaExceeded', message, ends: 'never' }
    : { reason: 'PodForbidden', message, ends: 'patience' };
}
