import { isFields, same, type Fields } from '../object.ts';
import { badRequest, unprocessable } from '../status.ts';

/**
 * RFC 6902.
 *
 * @throws {StatusError} 400 when it is no patch, 422 when a `test` does not hold or a path is not there.
 */
export function jsonPatch(target: unknown, patch: unknown): unknown {
  if (!Array.isArray(patch)) {
    throw badRequest(
      'error decoding patch: json: cannot unmarshal object into Go value of type []handlers.jsonPatchOp',
    );
  }
  let document = structuredClone(target);
  for (const operation of patch) {
    if (!isFields(operation)) throw badRequest('error decoding patch: an operation is no object');
    document = applied(document, operation);
  }
  return document;
}

function applied(document: unknown, operation: Fields): unknown {
  const { op, value } = operation;
  const path = pointer(operation['path']);
  switch (op) {
    case 'add':
      return set(document, path, value, 'insert');
    case 'replace':
      get(document, path);
      return set(document, path, value, 'overwrite');
    case 'remove':
      return remove(document, path);
    case 'test':
      if (!same(find(document, path) ?? null, value ?? null)) throw unprocessable();
      return document;
    case 'copy':
      return set(document, path, structuredClone(get(document, pointer(operation['from']))), 'insert');
    case 'move': {
      const from = pointer(operation['from']);
      const moved = get(document, from);
      return set(remove(document, from), path, moved, 'insert');
    }
    default:
      throw unprocessable();
  }
}

function pointer(text: unknown): string[] {
  if (typeof text !== 'string' || (text !== '' && !text.startsWith('/'))) throw unprocessable();
  const parts = text.split('/').slice(1);
  return parts.map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'));
}

function find(document: unknown, path: readonly string[]): unknown {
  let at = document;
  for (const key of path) {
    if (Array.isArray(at)) at = at[index(key, at.length - 1)];
    else if (isFields(at) && Object.hasOwn(at, key)) at = at[key];
    else return undefined;
  }
  return at;
}

function get(document: unknown, path: readonly string[]): unknown {
  const value = find(document, path);
  if (value === undefined) throw unprocessable();
  return value;
}

function set(
  document: unknown,
  path: readonly string[],
  value: unknown,
  how: 'insert' | 'overwrite',
): unknown {
  const key = path.at(-1);
  if (key === undefined) return value;
  const parent = get(document, path.slice(0, -1));
  if (Array.isArray(parent)) {
    const at = key === '-' ? parent.length : index(key, parent.length);
    parent.splice(at, how === 'overwrite' ? 1 : 0, value);
  } else if (isFields(parent)) parent[key] = value;
  else throw unprocessable();
  return document;
}

function remove(document: unknown, path: readonly string[]): unknown {
  get(document, path);
  const key = path.at(-1);
  if (key === undefined) return null;
  const parent = get(document, path.slice(0, -1));
  if (Array.isArray(parent)) parent.splice(index(key, parent.length - 1), 1);
  else if (isFields(parent)) delete parent[key];
  return document;
}

function index(text: string, last: number): number {
  const at = Number(text);
  if (!/^\d+$/.test(text) || at > last) throw unprocessable();
  return at;
}
