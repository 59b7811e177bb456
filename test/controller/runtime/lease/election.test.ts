import { describe, expect, it } from 'vitest';
import {
  firstLease,
  microTime,
  nextMove,
  observe,
  recordOf,
  releasingPatch,
  renewingPatch,
  takingPatch,
  type LeaseRecord,
  type Observed,
} from '../../../../controller/runtime/lease/election.ts';

const me = { identity: 'me', leaseDuration: 15_000 };

const held = (holder: string, version: string, duration = 15_000): LeaseRecord => ({
  holder,
  version,
  duration,
  transitions: 3,
});

/** What is to be done at `now`, after looks at these moments. */
function moveAfter(now: number, ...looks: [at: number, record: LeaseRecord | undefined][]) {
  let observed: Observed | undefined;
  for (const [at, record] of looks) observed = observe(observed, record, { ...me, now: at });
  return observed && nextMove(observed, now);
}

const take = (record: LeaseRecord) => ({ kind: 'take', record });
const wait = (ms: number) => ({ kind: 'wait', ms });

describe('a Lease', () => {
  it.each<[string, ReturnType<typeof moveAfter>, object]>([
    ['that is not there is created', moveAfter(0, [0, undefined]), { kind: 'create' }],
    ['of nobody is taken', moveAfter(0, [0, held('', '7')]), take(held('', '7'))],
    ['of one’s own is made sure of', moveAfter(0, [0, held('me', '7')]), take(held('me', '7'))],
    ['of another is left alone', moveAfter(4_000, [0, held('it', '7')]), wait(11_000)],
    ['of another is left alone to the last', moveAfter(14_999, [0, held('it', '7')]), wait(1)],
    ['is taken when its time is over', moveAfter(15_000, [0, held('it', '7')]), take(held('it', '7'))],
    [
      'is given its time anew by each renewal',
      moveAfter(15_000, [0, held('it', '7')], [9_000, held('it', '8')]),
      wait(9_000),
    ],
    [
      'is not given time by looks',
      moveAfter(15_000, [0, held('it', '7')], [9_000, held('it', '7')]),
      take(held('it', '7')),
    ],
    [
      'is taken at the first look after its time',
      moveAfter(99_000, [0, held('it', '7')], [99_000, held('it', '7')]),
      take(held('it', '7')),
    ],
    [
      'is given its time anew by the first look at a newer version, however late that is',
      moveAfter(99_000, [0, held('it', '7')], [99_000, held('it', '8')]),
      wait(15_000),
    ],
    [
      'of a holder with a longer time is given that',
      moveAfter(20_000, [0, held('it', '7', 60_000)]),
      wait(40_000),
    ],
    [
      'of a holder with a shorter time is given one’s own',
      moveAfter(0, [0, held('it', '7', 1_000)]),
      wait(15_000),
    ],
    [
      'that was given back is taken at once',
      moveAfter(1_000, [0, held('it', '7')], [1_000, held('', '8')]),
      take(held('', '8')),
    ],
    [
      'that was deleted while it was held is waited for: its holder may not know',
      moveAfter(1_000, [0, held('it', '7')], [1_000, undefined]),
      wait(14_000),
    ],
    [
      'that was deleted after it was given back is created',
      moveAfter(1_000, [0, held('', '7')], [1_000, undefined]),
      { kind: 'create' },
    ],
  ])('%s', (_, move, expected) => {
    expect(move).toEqual(expected);
  });
});

describe('what is written', () => {
  const writer = { ...me, leaseDuration: 14_500, wall: 0 };
  const now = '1970-01-01T00:00:00.000000Z';

  it('makes the first Lease', () => {
    expect(firstLease({ namespace: 'a', name: 'b' }, writer)).toEqual({
      apiVersion: 'coordination.k8s.io/v1',
      kind: 'Lease',
      metadata: { namespace: 'a', name: 'b' },
      spec: {
        holderIdentity: 'me',
        leaseDurationSeconds: 15,
        acquireTime: now,
        renewTime: now,
        leaseTransitions: 0,
      },
    });
  });

  it.each<[string, object, object]>([
    [
      'counts a change of the holder',
      takingPatch(held('it', '7'), writer),
      {
        holderIdentity: 'me',
        leaseDurationSeconds: 15,
        acquireTime: now,
        renewTime: now,
        leaseTransitions: 4,
      },
    ],
    [
      'counts none that is none',
      takingPatch(held('me', '7'), writer),
      {
        holderIdentity: 'me',
        leaseDurationSeconds: 15,
        acquireTime: now,
        renewTime: now,
        leaseTransitions: 3,
      },
    ],
    ['renews', renewingPatch(held('me', '7'), writer), { renewTime: now }],
    ['gives back', releasingPatch(held('me', '7'), writer), { holderIdentity: '', renewTime: now }],
  ])('%s, for one version only', (_, patch, spec) => {
    expect(patch).toEqual({ metadata: { resourceVersion: '7' }, spec });
  });

  it('has microseconds', () => {
    expect(microTime(Date.UTC(2026, 0, 2, 3, 4, 5, 6))).toBe('2026-01-02T03:04:05.006000Z');
  });

  it.each<[string, object, LeaseRecord]>([
    ['nothing', {}, { holder: '', duration: 0, transitions: 0, version: '' }],
    [
      'all of it',
      { holderIdentity: 'it', leaseDurationSeconds: 9, leaseTransitions: 2 },
      { holder: 'it', duration: 9_000, transitions: 2, version: '' },
    ],
  ])('reads %s', (_, spec, record) => {
    expect(recordOf({ metadata: { name: 'a' }, spec })).toEqual(record);
  });
});
