import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FillError, parseFill, type Fill } from '../../../shared/turn/fill.ts';

const WORDS = 6;
const RUN = '/taskflow/run/1';

describe('what is filled in when a step begins', () => {
  it.each<[string, Fill]>([
    ['nothing', {}],
    ['words as they are', { argv: [0, 5, 0] }],
    ['a word of several parts', { argv: [[1, { run: RUN, of: 'results/commit' }, 2]] }],
    ['a word of no part: the empty one', { argv: [0, []] }],
    ['how a step ended', { argv: [[{ run: RUN, of: 'outcome' }], [{ run: RUN, of: 'exitCode' }]] }],
    ['what becomes of the Task', { argv: [[{ of: 'outcome' }]] }],
    ['a variable', { env: { COMMIT: [{ run: RUN, of: 'results/commit' }], __proto: [] } }],
    ['conditions', { when: [{ input: [3], operator: 'in', values: [[4], [5, 0], []] }] }],
    ['a condition that nothing meets', { when: [{ input: [3], operator: 'in', values: [] }] }],
  ])('may be %s', (_, fill) => expect(parseFill(JSON.stringify(fill), WORDS)).toEqual(fill));

  it.each([
    ['no JSON', '{', 'it is not JSON'],
    ['no object', '[]', 'it is no JSON object'],
    ['a field of a later agent', '{"unless":[]}', 'it has a field "unless"'],
    ['a word that is not there', '{"argv":[6]}', 'argv[0] is word 6, but there are 6 after --command'],
    ['a word before the first', '{"argv":[[-1]]}', 'argv[0][0] is word -1'],
    ['half a word', '{"argv":[0.5]}', 'argv[0] is word 0.5'],
    ['a word in words', '{"argv":["0"]}', 'argv[0] is no JSON list'],
    ['a command that is no list', '{"argv":{}}', 'argv is no JSON list'],
    ['a variable that is no list', '{"env":{"A":1}}', 'env.A is no JSON list'],
    ['a variable with =', '{"env":{"A=B":[]}}', 'a name that no variable can have, "A=B"'],
    ['a piece of a text', '{"env":{"A":["x"]}}', 'env.A[0] is no JSON object'],
    ['something of a step', '{"argv":[[{"run":"/r","of":"logs"}]]}', 'argv[0][0].of is none of outcome, '],
    ['a result up the tree', '{"argv":[[{"run":"/r","of":"results/../x"}]]}', 'argv[0][0].of is none of'],
    ['a result of nobody', '{"argv":[[{"of":"results/x"}]]}', 'argv[0][0] needs the run directory'],
    ['a run directory without a name', '{"argv":[[{"run":"","of":"outcome"}]]}', 'run is no directory'],
    ['another operator', '{"when":[{"input":[],"operator":"is","values":[]}]}', 'neither in nor notin'],
    ['no input', '{"when":[{"operator":"in","values":[]}]}', 'when[0].input is no JSON list'],
    [
      'a value that is no list',
      '{"when":[{"input":[],"operator":"in","values":[1]}]}',
      'values[0] is no JSON',
    ],
    ['depth without end', '['.repeat(50_000), 'it is not JSON'],
  ])('is not %s', (_, json, message) => {
    expect(() => parseFill(json, WORDS)).toThrow(FillError);
    expect(() => parseFill(json, WORDS)).toThrow(message);
  });

  it('is never anything but a Fill or a FillError', () => {
    const near = fc.record(
      { argv: fc.jsonValue(), env: fc.jsonValue(), when: fc.array(fc.jsonValue()) },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          near.map((value) => JSON.stringify(value)),
        ),
        (json) => {
          try {
            parseFill(json, WORDS);
          } catch (error) {
            expect(error).toBeInstanceOf(FillError);
          }
        },
      ),
    );
  });
});
