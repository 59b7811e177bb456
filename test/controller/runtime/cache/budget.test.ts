import { describe, expect, it } from 'vitest';
import { type Bounds } from '../../../../controller/runtime/cache/budget.ts';
import { Store } from '../../../../controller/runtime/cache/store.ts';
import { type KubeObject } from '../../../../controller/runtime/objects.ts';

const BOUNDS: Bounds = { object: 1_000, size: 3_000, sizeOfNamespace: 2_000, count: 6, countOfNamespace: 4 };

/** An object that takes some `size` characters as JSON. */
function sized(namespace: string, name: string, size: number, version = 1): KubeObject {
  const metadata = { namespace, name, uid: `${namespace}-${name}`, resourceVersion: String(version) };
  const rest = size - JSON.stringify({ metadata: { ...metadata, filler: '' } }).length;
  return { metadata: { ...metadata, filler: 'x'.repeat(Math.max(0, rest)) } };
}

function bounded() {
  const left: string[] = [];
  const store = new Store<KubeObject>({
    emit: () => undefined,
    stub: ({ metadata: { namespace, name, uid, resourceVersion } }) => ({
      metadata: {
        name,
        ...(namespace && { namespace }),
        ...(uid && { uid }),
        ...(resourceVersion && { resourceVersion }),
      },
      stub: true,
    }),
    onLeftOut: ({ metadata }) => void left.push(`${metadata.namespace}/${metadata.name}`),
    bounds: BOUNDS,
  });
  /** The whole ones, and those that are stubs. */
  const kept = (): string[] =>
    [...store.values()].map(
      ({ metadata, stub }) => `${metadata.namespace}/${metadata.name}${stub ? ' stub' : ''}`,
    );
  return { store, left, kept };
}

describe('a store with bounds', () => {
  it.each<[string, [namespace: string, name: string, size: number, version?: number][], string[], string[]]>([
    [
      'keeps what fits',
      [
        ['a', '1', 900],
        ['a', '2', 900],
      ],
      ['a/1', 'a/2'],
      [],
    ],
    [
      'keeps of one that is too large no more than where it is',
      [
        ['a', '1', 1_001],
        ['a', '2', 900],
      ],
      ['a/1 stub', 'a/2'],
      [],
    ],
    [
      'keeps stubs of what goes past the share of a namespace, and the others have room',
      [
        ['a', '1', 900],
        ['a', '2', 900],
        ['a', '3', 900],
        ['b', '1', 900],
      ],
      ['a/1', 'a/2', 'a/3 stub', 'b/1'],
      [],
    ],
    [
      'keeps stubs of what goes past the room for all',
      [
        ['a', '1', 900],
        ['a', '2', 900],
        ['b', '1', 900],
        ['c', '1', 900],
      ],
      ['a/1', 'a/2', 'b/1', 'c/1 stub'],
      [],
    ],
    [
      'has room again where one has become smaller',
      [
        ['a', '1', 900, 1],
        ['a', '2', 900, 2],
        ['a', '1', 200, 3],
        ['a', '3', 900, 4],
      ],
      ['a/1', 'a/2', 'a/3'],
      [],
    ],
    [
      'leaves out, and names, what goes past the number of a namespace, stubs included',
      [
        ['a', '1', 200],
        ['a', '2', 5_000],
        ['a', '3', 200],
        ['a', '4', 200],
        ['a', '5', 200],
        ['b', '1', 200],
      ],
      ['a/1', 'a/2 stub', 'a/3', 'a/4', 'b/1'],
      ['a/5'],
    ],
    [
      'leaves out what goes past the number of all',
      [
        ['a', '1', 200],
        ['a', '2', 200],
        ['a', '3', 200],
        ['b', '1', 200],
        ['b', '2', 200],
        ['b', '3', 200],
        ['c', '1', 200],
      ],
      ['a/1', 'a/2', 'a/3', 'b/1', 'b/2', 'b/3'],
      ['c/1'],
    ],
  ])('%s', (_, objects, kept, left) => {
    const world = bounded();
    for (const [namespace, name, size, version] of objects)
      world.store.put(sized(namespace, name, size, version));
    expect(world.kept()).toEqual(kept);
    expect(world.left).toEqual(left);
  });

  it('has a place again for what was left out once another is deleted', () => {
    const { store, kept } = bounded();
    for (const name of ['1', '2', '3', '4', '5']) store.put(sized('a', name, 200));
    store.deleted(sized('a', '1', 200, 2));
    store.put(sized('a', '5', 200, 3));
    expect(kept()).toEqual(['a/2', 'a/3', 'a/4', 'a/5']);
  });

  it('has room for others once less is kept of one, until something newer is told of it', () => {
    const { store, kept } = bounded();
    for (const name of ['1', '2']) store.put(sized('a', name, 900));
    store.replace({ ...sized('a', '1', 0), stub: true });
    store.put(sized('a', '3', 900));
    expect(kept()).toEqual(['a/1 stub', 'a/2', 'a/3']);
    store.put(sized('a', '1', 100, 2));
    expect(kept()).toEqual(['a/1', 'a/2', 'a/3']);
  });
});
