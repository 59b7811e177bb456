import { expect, it } from 'vitest';
import { pathOf } from '../../../../controller/runtime/http/path.ts';
import { PODS, TASKS } from '../../../../controller/runtime/objects.ts';

it.each([
  ['all of a core type', PODS, {}, {}, '/api/v1/pods'],
  ['all of a namespace', PODS, { namespace: 'a' }, {}, '/api/v1/namespaces/a/pods'],
  [
    'one of a group',
    TASKS,
    { namespace: 'a', name: 'b' },
    {},
    '/apis/api.practice.com/v1alpha1/namespaces/a/tasks/b',
  ],
  [
    'a subresource',
    TASKS,
    { namespace: 'a', name: 'b', subresource: 'status' },
    {},
    '/apis/api.practice.com/v1alpha1/namespaces/a/tasks/b/status',
  ],
  [
    'odd names',
    PODS,
    { namespace: 'a/b', name: 'c?d=e#f%' },
    {},
    '/api/v1/namespaces/a%2Fb/pods/c%3Fd%3De%23f%25',
  ],
  [
    'a query, as far as something is asked',
    PODS,
    {},
    { labelSelector: 'a in (b, c)', limit: 5, continue: undefined, watch: true },
    '/api/v1/pods?labelSelector=a+in+%28b%2C+c%29&limit=5&watch=true',
  ],
] as const)('the path of %s', (_, type, place, query, path) => expect(pathOf(type, place, query)).toBe(path));

it.each([
  ['an empty name', { namespace: 'a', name: '' }, 'the name of a Pod cannot be ""'],
  ['an empty namespace', { namespace: '', name: 'a' }, 'the namespace of a Pod cannot be ""'],
  ['a name that is a step up', { namespace: 'a', name: '..' }, 'the name of a Pod cannot be ".."'],
])('%s is refused, for its path is that of something else', (_, place, message) => {
  expect(() => pathOf(PODS, place)).toThrow(message);
});
