import { describe, expect, it } from 'vitest';
import { keepOfResume, type StoredResume } from '../../../controller/resume/stored-resume.ts';
import { WaitingResumes } from '../../../controller/resume/waiting.ts';
import { iso } from '../builders.ts';

const resume = (
  name: string,
  at = 1,
  resourceVersion = '1',
  more: Partial<StoredResume> = {},
): StoredResume =>
  keepOfResume({
    metadata: { name, namespace: 'ci', uid: name, resourceVersion, creationTimestamp: iso(at) },
    spec: { task: 'build' },
    ...more,
  });

const names = (waiting: WaitingResumes, task = 'ci/build'): string[] =>
  waiting.of(task).map(({ metadata }) => metadata.name);

describe('Resumes that wait', () => {
  it('have the oldest first; of one second that which was made first', () => {
    const waiting = new WaitingResumes();
    for (const each of [resume('c', 2, '30'), resume('b', 1, '100'), resume('a', 1, '20')])
      waiting.changed(each, 'set');
    expect(names(waiting)).toEqual(['a', 'b', 'c']);
    // Its status was written: that makes it no younger.
    waiting.changed(resume('a', 1, '200'), 'set');
    expect(names(waiting)).toEqual(['a', 'b', 'c']);
  });

  it('are of their own Task and namespace only', () => {
    const waiting = new WaitingResumes();
    expect(waiting.changed(resume('a'), 'set')).toBe('ci/build');
    expect([names(waiting, 'ci/other'), names(waiting, 'cd/build')]).toEqual([[], []]);
  });

  it.each<[string, StoredResume, 'set' | 'deleted']>([
    ['is applied', resume('a', 1, '2', { status: { status: 'Applied' } }), 'set'],
    ['is rejected', resume('a', 1, '2', { status: { status: 'Rejected' } }), 'set'],
    ['is deleted', resume('a'), 'deleted'],
    [
      'is being deleted',
      resume('a', 1, '2', { metadata: { name: 'a', namespace: 'ci', deletionTimestamp: iso(3) } }),
      'set',
    ],
  ])('are forgotten once one %s', (_, last, change) => {
    const waiting = new WaitingResumes();
    waiting.changed(resume('a'), 'set');
    expect(waiting.changed(last, change)).toBeUndefined();
    expect(names(waiting)).toEqual([]);
  });
});

it('what is kept of a Resume has a bound, whatever a tenant writes into it', () => {
  const kept = keepOfResume({
    metadata: {
      name: 'a'.repeat(253),
      namespace: 'b'.repeat(63),
      uid: 'u'.repeat(36),
      annotations: { a: 'x'.repeat(200_000) },
      labels: { a: 'x'.repeat(63) },
      managedFields: [{ manager: 'm'.repeat(100_000), time: iso(1), fieldsV1: { a: 'x'.repeat(100_000) } }],
      ownerReferences: Array.from({ length: 1000 }, (_, index) => ({
        apiVersion: 'v1',
        kind: 'ConfigMap',
        name: 'x'.repeat(253),
        uid: `${index}`.padStart(36, '0'),
      })),
    },
    spec: { task: 't'.repeat(63), step: 's'.repeat(63), expires: '1h' },
  });
  expect(JSON.stringify(kept).length).toBeLessThan(4096);
  expect(kept.by).toHaveLength(126);
});
