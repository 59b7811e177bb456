import { type JsonPatch } from '../../controller/decide/patch.ts';

/** RFC 6902, as much of it as the controller uses; a test that fails throws. */
export function applyPatch<T extends object>(target: T, patch: JsonPatch): T {
  const result = structuredClone(target);
  for (const operation of patch) {
    const keys = operation.path
      .split('/')
      .slice(1)
      .map((key) => key.replaceAll('~1', '/').replaceAll('~0', '~'));
    const last = keys.pop() ?? '';
    let parent: object = result;
    for (const key of keys) {
      const child: unknown = Reflect.get(parent, key);
      if (typeof child !== 'object' || child === null) throw new Error(`${operation.path}: no ${key}`);
      parent = child;
    }
    if (operation.op === 'test') {
      if (Reflect.get(parent, last) !== operation.value) throw new Error(`${operation.path}: test failed`);
    } else if (operation.op === 'remove') {
      if (!Reflect.has(parent, last)) throw new Error(`${operation.path}: nothing to remove`);
      Reflect.deleteProperty(parent, last);
    } else {
      Reflect.set(parent, last, operation.value);
    }
  }
  return result;
}
