/** What a watch says. */
import { parseJson } from '../../../shared/json.ts';
import { statusError, isObject } from '../http/status.ts';
import type { KubeObject } from '../objects.ts';

/** A bookmark says how far the watch has come, so that the next can go on from there. */
export type WatchEvent<T> =
  { type: 'ADDED' | 'MODIFIED' | 'DELETED'; object: T } | { type: 'BOOKMARK'; resourceVersion: string };

/** A line of a watch that is no event. */
export class BadEventError extends Error {
  override name = 'BadEventError';
}

/**
 * One line of a watch.
 *
 * @param asked - what was asked, for errors
 * @throws {ApiError} for an ERROR event
 * @throws {BadEventError}
 * @see https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/watch-event/
 */
export function parseEvent<T extends KubeObject>(line: string, asked: string): WatchEvent<T> {
  let event: unknown;
  try {
    event = parseJson(line);
  } catch (error) {
    // What it is stays unsaid: it may be the half of a Secret.
    throw new BadEventError('a line of the watch is no JSON', { cause: error });
  }
  const { type, object } = isObject(event) ? event : {};
  if (!isObject(object)) throw new BadEventError('an event of the watch has no object');
  if (type === 'ERROR') throw statusError(asked, object);
  const metadata = object['metadata'];
  const version = isObject(metadata) ? metadata['resourceVersion'] : undefined;
  if (typeof version !== 'string') throw new BadEventError('an event of the watch has no resourceVersion');
  switch (type) {
    case 'BOOKMARK':
      return { type, resourceVersion: version };
    case 'ADDED':
    case 'MODIFIED':
    case 'DELETED':
      return { type, object: object as unknown as T };
    default:
      throw new BadEventError('an event of the watch is of no known type');
  }
}
