import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Store } from '../../../../controller/runtime/cache/store.ts';
import { type KubeObject } from '../../../../controller/runtime/objects.ts';
import { object } from '../../../support/scripted-api.ts';

interface Watched {
  store: Store<KubeObject>;
  told: string[];
}

/** A store that has listed these at that version. */
function storeWith(version: number, ...objects: KubeObject[]): Watched {
  const told: string[] = [];
  const store = new Store<KubeObject>({
    emit: ({ metadata }, change) =>
      void told.push(`${change} ${metadata.name}@${metadata.resourceVersion} ${metadata.uid}`),
  });
  list(store, version, ...objects);
  told.length = 0;
  return { store, told };
}

function list(store: Store<KubeObject>, version: number, ...objects: KubeObject[]): void {
  const listing = store.list(String(version), { believe: false });
  listing.page(objects);
  listing.end();
}

const [OLD, NEW] = ['the-old-one', 'the-new-one'];

describe('a store with a, known at version 5 of 10', () => {
  it.each<[string, (store: Store<KubeObject>) => void, string[]]>([
    ['takes a newer one from a watch', (s) => s.changed(object('a', 11, OLD)), ['set a@11 the-old-one']],
    ['takes what is new', (s) => s.changed(object('b', 11, NEW)), ['set b@11 the-new-one']],
    ['passes over the same again', (s) => s.changed(object('a', 5, OLD)), []],
    ['passes over an older one', (s) => s.changed(object('a', 4, OLD)), []],
    ['passes over what is gone since', (s) => s.changed(object('b', 9, NEW)), []],
    ['loses what is deleted', (s) => s.deleted(object('a', 11, OLD)), ['deleted a@11 the-old-one']],
    ['is told once of a deletion', (s) => [s.deleted(object('b', 11, NEW))], []],
    ['takes the answer to an own write', (s) => s.put(object('a', 12, OLD)), ['set a@12 the-old-one']],
    [
      'takes it before the watch says the same',
      (s) => [s.put(object('a', 12, OLD)), s.changed(object('a', 12, OLD))],
      ['set a@12 the-old-one'],
    ],
    [
      'keeps it when the watch says what was before',
      (s) => [s.put(object('a', 12, OLD)), s.changed(object('a', 11, OLD))],
      ['set a@12 the-old-one'],
    ],
    [
      'does not bring back what was deleted when its answer comes late',
      (s) => [s.deleted(object('a', 13, OLD)), s.put(object('a', 12, OLD))],
      ['deleted a@13 the-old-one'],
    ],
    [
      'keeps what was made anew when the deletion of the one before comes late',
      (s) => [s.put(object('a', 13, NEW)), s.deleted(object('a', 12, OLD))],
      ['deleted a@5 the-old-one', 'set a@13 the-new-one'],
    ],
    [
      'says that the old one is gone when another has its name',
      (s) => s.changed(object('a', 12, NEW)),
      ['deleted a@5 the-old-one', 'set a@12 the-new-one'],
    ],
    [
      'says so after a list too',
      (s) => list(s, 20, object('a', 15, NEW)),
      ['deleted a@5 the-old-one', 'set a@15 the-new-one'],
    ],
    ['loses what a list does not have', (s) => list(s, 20), ['deleted a@5 the-old-one']],
    [
      'keeps what was made after the list',
      (s) => [s.put(object('b', 21, NEW)), list(s, 20, object('a', 5, OLD))],
      ['set b@21 the-new-one'],
    ],
    [
      'keeps what was written after the list',
      (s) => [s.put(object('a', 21, OLD)), list(s, 20, object('a', 5, OLD))],
      ['set a@21 the-old-one'],
    ],
    ['is told nothing by the same list again', (s) => list(s, 20, object('a', 5, OLD)), []],
  ])('%s', (_, act, changes) => {
    const { store, told } = storeWith(10, object('a', 5, OLD));
    act(store);
    expect(told).toEqual(changes);
  });

  it('knows how far it has come, and never goes back', () => {
    const { store } = storeWith(10, object('a', 5, OLD));
    store.reached('12');
    store.reached('11');
    store.changed(object('a', 11, OLD));
    expect(store.seen).toBe('12');
    expect([store.isBehind('11'), store.isBehind('12'), store.isBehind('unknown')]).toEqual([
      true,
      false,
      false,
    ]);
  });

  it('believes a list of before when it is told to, as after a restored backup', () => {
    const { store, told } = storeWith(10, object('a', 5, OLD), object('b', 6));
    const listing = store.list('7', { believe: true });
    listing.page([object('a', 3, OLD)]);
    listing.end();
    expect(told).toEqual(['set a@3 the-old-one', 'deleted b@6 uid-of-b']);
    expect(store.seen).toBe('7');
  });
});

/** What happens to three objects, one write after the other. */
const history = fc.array(fc.record({ name: fc.constantFrom('a', 'b', 'c'), gone: fc.boolean() }), {
  maxLength: 30,
});

type Event = { type: 'set' | 'deleted'; object: KubeObject };

/** The events of a history, from version 1; a name that comes again after its end has another uid. */
function eventsOf(writes: readonly { name: string; gone: boolean }[]): Event[] {
  const uids = new Map<string, string>();
  return writes.flatMap(({ name, gone }, index): Event[] => {
    const version = index + 1;
    if (gone && !uids.has(name)) return [];
    const uid = uids.get(name) ?? `${name}-${version}`;
    if (gone) uids.delete(name);
    else uids.set(name, uid);
    return [{ type: gone ? 'deleted' : 'set', object: object(name, version, uid) }];
  });
}

function stateAfter(events: readonly Event[]): KubeObject[] {
  const state = new Map<string, KubeObject>();
  for (const { type, object: one } of events) {
    if (type === 'set') state.set(one.metadata.name, one);
    else state.delete(one.metadata.name);
  }
  return [...state.values()].toSorted(byName);
}

const byName = (a: KubeObject, b: KubeObject): number => a.metadata.name.localeCompare(b.metadata.name);

it('has in the end what the server has, and has told of exactly that, whatever overtook what', () => {
  fc.assert(
    fc.property(history, fc.infiniteStream(fc.nat(9)), (writes, chances) => {
      const chance = (): number => chances.next().value ?? 0;
      const events = eventsOf(writes);
      const told = new Map<string, KubeObject>();
      const store = new Store<KubeObject>({
        emit: (one, change) => {
          const { uid = '', name } = one.metadata;
          // Of one name there is one object at a time.
          for (const other of told.values()) {
            if (other.metadata.name === name) expect(other.metadata.uid).toBe(uid);
          }
          if (change === 'set') told.set(uid, one);
          else expect(told.delete(uid)).toBe(true);
        },
      });
      const versionAt = (index: number): number =>
        Number(events[index - 1]?.object.metadata.resourceVersion ?? 0) + 1000;
      const shifted = events.map(({ type, object: { metadata } }): Event => {
        const version = Number(metadata.resourceVersion) + 1000;
        return { type, object: object(metadata.name, version, metadata.uid) };
      });

      list(store, versionAt(0));
      for (let reached = 0; reached < shifted.length;) {
        const ahead = shifted[Math.min(reached + chance(), shifted.length - 1)];
        // The answer to a write, early or late, or that of a write long ago.
        if (chance() < 4 && ahead?.type === 'set') store.put(ahead.object);
        const past = shifted[Math.max(0, reached - chance())];
        if (chance() < 3 && past?.type === 'set') store.put(past.object);
        if (chance() === 0) {
          reached = Math.min(reached + chance(), shifted.length);
          list(store, versionAt(reached), ...stateAfter(shifted.slice(0, reached)));
          continue;
        }
        const event = shifted[reached++];
        if (event?.type === 'set') store.changed(event.object);
        if (event?.type === 'deleted') store.deleted(event.object);
      }
      expect([...store.values()].toSorted(byName)).toEqual(stateAfter(shifted));
      expect([...told.values()].toSorted(byName)).toEqual(stateAfter(shifted));
    }),
    { numRuns: 1000 },
  );
});
