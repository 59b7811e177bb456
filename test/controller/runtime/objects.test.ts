import { describe, expect, it } from 'vitest';
import {
  apiVersionOf,
  compareVersions,
  EVENTS,
  PODS,
  resourceName,
  TASKS,
} from '../../../controller/runtime/objects.ts';

describe('versions', () => {
  it.each([
    ['9', '10', 'older'],
    ['10', '9', 'newer'],
    ['7', '7', 'the same'],
    ['99999999999999999998', '99999999999999999999', 'older'],
    ['100000000000000000000', '99999999999999999999', 'newer'],
    ['', '1', 'unknown'],
    ['0', '1', 'unknown'],
    ['01', '1', 'unknown'],
    ['a', '1', 'unknown'],
    [undefined, '1', 'unknown'],
    ['1', undefined, 'unknown'],
  ])('%s against %s is %s', (a, b, word) => {
    const order = compareVersions(a, b);
    const said = order === undefined ? 'unknown' : order === 0 ? 'the same' : order < 0 ? 'older' : 'newer';
    expect(said).toBe(word);
  });
});

it('types are named as RBAC and kubectl name them', () => {
  expect([TASKS, PODS, EVENTS].map(resourceName)).toEqual([
    'tasks.api.practice.com',
    'pods',
    'events.events.k8s.io',
  ]);
  expect([TASKS, PODS].map(apiVersionOf)).toEqual(['api.practice.com/v1alpha1', 'v1']);
});
