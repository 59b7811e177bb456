import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  ancestorsOf,
  descendantsOf,
  predecessorsOf,
  problemsOf,
  type Ordered,
} from '../../../shared/task/graph.ts';

const steps = (...of: [name: string, after?: string[]][]): Ordered['steps'] =>
  of.map(([name, after]) => ({ name, after }));

describe('predecessorsOf', () => {
  it.each<[string, Ordered, number[][]]>([
    ['a chain: each step comes after the one before', { steps: steps(['a'], ['b'], ['c']) }, [[], [1], [2]]],
    ['an empty list: nothing comes before it', { steps: steps(['a'], ['b', []], ['c']) }, [[], [], [2]]],
    [
      'branches and a join',
      { steps: steps(['a'], ['b'], ['c', ['a']], ['d', ['b', 'c']]) },
      [[], [1], [1], [2, 3]],
    ],
    [
      'finally comes after all steps, one after the other',
      { steps: steps(['a'], ['b', []]), finally: steps(['f'], ['g']) },
      [[], [], [1, 2], [1, 2, 3]],
    ],
  ])('%s', (_, spec, expected) => {
    expect(predecessorsOf(spec)).toEqual(expected);
  });
});

it('the ancestors and descendants of a step go through others', () => {
  const graph = predecessorsOf({ steps: steps(['a'], ['b'], ['c', ['a']], ['d', ['b']], ['e', []]) });
  expect([1, 2, 3, 4, 5].map((number) => ancestorsOf(graph, number))).toEqual([[], [1], [1], [1, 2], []]);
  expect([1, 2, 3, 4, 5].map((number) => descendantsOf(graph, number))).toEqual([[2, 3, 4], [4], [], [], []]);
});

describe('what is wrong with after', () => {
  const names = ['clone', 'vet', 'test', 'publish'];
  it.each<[string, readonly unknown[], number, string[]]>([
    ['earlier steps are right', ['clone', 'vet'], 2, []],
    ['and so is none', [], 2, []],
    ['what is no name is for the schema to say', [3], 2, []],
    ['a near miss', ['cloen'], 2, ['0: no step has the name "cloen"; did you mean "clone"?']],
    ['no name at all like it', ['x'], 2, ['0: no step has the name "x"; the names before it are clone, vet']],
    ['of the first step', ['x'], 0, ['0: no step has the name "x"; write []: nothing comes before it']],
    ['itself', ['vet'], 1, ['0: a step cannot come after itself; the names before it are clone']],
    [
      'a later step',
      ['publish'],
      1,
      ['0: step "publish" is written behind this one; write it before, since "after" names earlier steps'],
    ],
    ['a name twice', ['vet', 'clone', 'vet'], 3, ['2: names "vet" twice; leave one out']],
  ])('%s', (_, after, index, expected) => {
    expect(problemsOf(after, names, index).map(({ at, message }) => `${at}: ${message}`)).toEqual(expected);
  });
});

describe('of any graph', () => {
  const graphs = fc
    .array(fc.option(fc.array(fc.nat(39), { maxLength: 4 }), { nil: undefined }), {
      minLength: 1,
      maxLength: 40,
    })
    .map((afters) =>
      predecessorsOf({
        steps: afters.map((after, index) => ({
          name: `s${index}`,
          after: after && [...new Set(after.filter((each) => each < index))].map((each) => `s${each}`),
        })),
      }),
    );

  it('what comes before a step has a lower number, and descendants are the mirror of ancestors', () => {
    fc.assert(
      fc.property(graphs, (graph) => {
        const numbers = graph.map((_, index) => index + 1);
        for (const number of numbers) {
          const ancestors = ancestorsOf(graph, number);
          expect(ancestors.every((each) => each < number)).toBe(true);
          const mirrored = numbers.filter((other) => descendantsOf(graph, other).includes(number));
          expect(mirrored).toEqual(ancestors);
        }
      }),
      { numRuns: 200 },
    );
  });
});
