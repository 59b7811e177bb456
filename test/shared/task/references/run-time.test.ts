import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fillOf, type ForAgent, type When } from '../../../../shared/task/references/run-time.ts';
import { type Piece } from '../../../../shared/turn/fill.ts';
import { PodTooLargeError } from '../../../../shared/task/size.ts';
import { expand } from '../../../../shared/turn/expansion.ts';

interface Given {
  argv: readonly string[];
  env?: readonly { name: string; value?: string }[];
  when?: readonly When[];
}

const runOf = (step: string): string => `/run/${step}`;
const of = (step: string, what: string): Piece => ({ run: `/run/${step}`, of: what });
const commit = of('a', 'results/commit');

describe('what is left to the agent', () => {
  it.each<[string, Given, ForAgent]>([
    [
      'nothing',
      { argv: ['echo', '$(A) $$(steps.a.outcome)'] },
      { argv: ['echo', '$(A) $$(steps.a.outcome)'] },
    ],
    [
      'a result within an argument',
      { argv: ['echo', '<$(steps.a.results.commit)>', 'x'] },
      { argv: ['echo', '<', '>', 'x'], fill: { argv: [0, [1, commit, 2], 3] } },
    ],
    [
      'how a step ended, and the Task',
      { argv: ['$(steps.a.outcome)$(steps.a.exitCode)', '$(outcome)'] },
      { argv: [''], fill: { argv: [[of('a', 'outcome'), of('a', 'exitCode')], [{ of: 'outcome' }]] } },
    ],
    [
      'a variable: no kubelet can give it',
      {
        argv: ['run'],
        env: [
          { name: 'X', value: '1' },
          { name: 'C', value: '$(steps.a.results.commit)' },
        ],
      },
      { argv: ['run'], env: [{ name: 'X', value: '1' }], fill: { argv: [0], env: { C: [commit] } } },
    ],
    [
      'what names such a variable',
      {
        argv: ['run', 'at $(C)$(X)', '$$(C)'],
        env: [
          { name: 'C', value: '$(X)$(steps.a.results.commit)' },
          { name: 'D', value: 'd $(C)' },
          { name: 'X', value: '1' },
        ],
      },
      {
        argv: ['run', 'at $$(X)', '$(X)', '$$(C)', '$$(X)', 'd $$(X)'],
        env: [{ name: 'X', value: '1' }],
        fill: { argv: [0, [1, commit, 2], 3], env: { C: [4, commit], D: [5, commit] } },
      },
    ],
    [
      'not a variable that another replaces',
      {
        argv: ['$(C)'],
        env: [
          { name: 'C', value: '$(steps.a.results.commit)' },
          { name: 'C', value: 'plain' },
        ],
      },
      { argv: ['$(C)'], env: [{ name: 'C', value: 'plain' }] },
    ],
    [
      'conditions',
      { argv: ['run'], when: [{ input: '$(steps.a.outcome)', operator: 'in', values: ['Failed', 'x$(C)'] }] },
      {
        argv: ['run', 'Failed', 'x$(C)'],
        fill: { argv: [0], when: [{ input: [of('a', 'outcome')], operator: 'in', values: [[1], [2]] }] },
      },
    ],
  ])('is %s', (_, given, expected) => {
    expect(fillOf(given, runOf)).toEqual(expected);
  });

  it('ends where variables become too much, one within another', () => {
    const doubled = Array.from({ length: 60 }, (_, i) => ({ name: `V${i + 1}`, value: `$(V${i})$(V${i})` }));
    const env = [{ name: 'V0', value: '$(steps.a.outcome)' }, ...doubled];
    expect(() => fillOf({ argv: ['x'], env }, runOf)).toThrow(PodTooLargeError);
  });
});

/** What the kubelet and then the agent make of it. */
function played({ argv, env = [], fill }: ForAgent, posted: (of: string) => string): Played {
  const variables = new Map<string, string>();
  for (const { name, value = '' } of env) variables.set(name, expand(value, variables));
  const words = argv.map((word) => expand(word, variables));
  const text = (pieces: readonly Piece[]): string =>
    pieces.map((piece) => (typeof piece === 'number' ? (words[piece] ?? '?') : posted(piece.of))).join('');
  for (const [name, pieces] of Object.entries(fill?.env ?? {})) variables.set(name, text(pieces));
  const command =
    fill?.argv === undefined
      ? words
      : fill.argv.map((item) => (typeof item === 'number' ? (words[item] ?? '?') : text(item)));
  return { command, env: Object.fromEntries(variables) };
}

interface Played {
  command: string[];
  env: Record<string, string>;
}

describe('the agent and the kubelet together', () => {
  const piece = fc.constantFrom(
    '$',
    '$$',
    '(',
    ')',
    '$(A)',
    '$(B)',
    '$(C)',
    '$(',
    '$(steps.a.outcome)',
    'x',
    '$$(A)',
  );
  const text = fc.array(piece, { maxLength: 8 }).map((pieces) => pieces.join(''));

  it('make what a kubelet would that knew the outcome', () => {
    fc.assert(
      fc.property(
        fc.tuple(text, text, text),
        fc.array(text, { minLength: 1, maxLength: 3 }),
        ([a, b, c], argv) => {
          const env = [
            { name: 'A', value: a },
            { name: 'B', value: b },
            { name: 'C', value: c },
          ];
          // A kubelet that knew it would be given it doubled, where a "$(" before it is no beginning of a name.
          const outcome = 'Failed$(A)$$';
          const known = new Map<string, string>();
          for (const { name, value } of env) known.set(name, direct(value, known, outcome));
          const expected = {
            command: argv.map((word) => direct(word, known, outcome)),
            env: Object.fromEntries(known),
          };
          expect(played(fillOf({ argv, env }, runOf), () => outcome)).toEqual(expected);
        },
      ),
      { numRuns: 5_000 },
    );
  });
});

/** One pass from left to right, without any of what is tested. */
function direct(text: string, variables: ReadonlyMap<string, string>, outcome: string): string {
  const REFERENCE = '$(steps.a.outcome)';
  let made = '';
  for (let at = 0; at < text.length;) {
    const rest = text.slice(at);
    if (rest.startsWith('$$')) [made, at] = [`${made}$`, at + 2];
    else if (rest.startsWith(REFERENCE)) [made, at] = [made + outcome, at + REFERENCE.length];
    else {
      const end = rest.startsWith('$(') ? rest.indexOf(')') : -1;
      const name = rest.slice(2, end);
      // No name goes on over a reference.
      if (end < 0 || isCutOff(rest.slice(0, end))) [made, at] = [`${made}${rest[0]}`, at + 1];
      else [made, at] = [made + (variables.get(name) ?? `$(${name})`), at + end + 1];
    }
  }
  return made;
}

function isCutOff(text: string): boolean {
  const at = text.replaceAll('$$', '..').indexOf('$(steps.a.outcome', 2);
  return at > 0;
}
