import { expect, it } from 'vitest';
import { IN_POD } from '../../../shared/pod/paths.ts';
import { taskResults } from '../../../shared/task/task-results.ts';
import { type TaskSpec } from '../../../shared/task/task.ts';

const spec = (value: string): TaskSpec => ({
  params: [{ name: 'x', value: '$(steps.a.outcome) $$' }],
  steps: [{ name: 'a', image: 'i', results: ['r', 'large', 'none'] }],
  results: [{ name: 'out', value }],
});
const ends = [
  {
    name: 'a',
    state: 'Failed',
    exitCode: 3,
    results: [
      { name: 'r', value: 'left $$ $(params.x)' },
      { name: 'large', size: 9_000 },
    ],
  },
];

it.each<[string, string, object[]]>([
  ['a text', 'plain', [{ name: 'out', value: 'plain' }]],
  [
    'what a step left, byte for byte',
    '<$(steps.a.results.r)>',
    [{ name: 'out', value: '<left $$ $(params.x)>' }],
  ],
  ['how it ended', '$(steps.a.outcome) $(steps.a.exitCode)', [{ name: 'out', value: 'Failed 3' }]],
  ['a param, which is no reference', '$(params.x)', [{ name: 'out', value: '$(steps.a.outcome) $$' }]],
  ['the size of what is too large', 'é$(steps.a.results.large)', [{ name: 'out', size: 9_002 }]],
  ['the size of what becomes too large', 'x'.repeat(4_097), [{ name: 'out', size: 4_097 }]],
  ['nothing of what was not left', '$(steps.a.results.none)', []],
])('a result of a Task is %s', (_, value, expected) => {
  expect(taskResults(spec(value), ends, IN_POD)).toEqual(expected);
});
