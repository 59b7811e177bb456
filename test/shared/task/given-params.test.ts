import { describe, expect, it } from 'vitest';
import { giveParams, type GivenParam } from '../../../shared/task/given-params.ts';
import { valuesOf } from '../../../shared/task/param-values.ts';
import { type ParamValue } from '../../../shared/task/references/known.ts';

const texts = (...given: (string | { key: string; text: string })[]): GivenParam['value'] => ({
  texts: given.map((text) => (typeof text === 'string' ? { text } : text)),
});

describe('a param that is given', () => {
  it.each<[string, object, GivenParam['value'], ParamValue]>([
    ['a string', {}, texts('v=w'), 'v=w'],
    ['an empty string', { default: 'x' }, texts(''), ''],
    ['a string that looks like JSON', { value: 'x' }, texts('{"a":1}'), '{"a":1}'],
    ['one item of an array', { type: 'array' }, texts('a,b'), ['a,b']],
    ['items of an array, in place of those that are there', { default: ['x'] }, texts('a', 'b'), ['a', 'b']],
    [
      'keys of an object',
      { type: 'object', default: { a: '1', b: '2' } },
      texts({ key: 'b', text: '3' }),
      { a: '1', b: '3' },
    ],
    ['an object as JSON', { type: 'object', value: { z: '1' } }, texts('{"a":"1"}'), { a: '1' }],
    ['an object as KEY=VALUE', { type: 'object' }, texts('a=1', 'b=x=y'), { a: '1', b: 'x=y' }],
    ['a list from a file', { type: 'array' }, ['a'], ['a']],
    ['a map from a file', { default: { a: '1' } }, { a: '2' }, { a: '2' }],
  ])('is %s', (_, param, value, expected) => {
    const { spec, problems } = giveParams({ params: [{ name: 'p', ...param }] }, [
      { name: 'p', value, from: '-p p' },
    ]);
    expect(problems).toEqual([]);
    const { values, problems: wrong } = valuesOf(Reflect.get(spec as object, 'params'));
    expect(wrong).toEqual([]);
    expect(values.get('p')).toEqual(expected);
  });

  it.each<[string, object, GivenParam['value'], string]>([
    ['a string twice', {}, texts('a', 'b'), 'given more than once'],
    ['a key of a string', {}, texts({ key: 'a', text: 'b' }), 'the param is a string, and has no keys'],
    ['a text for an object', { type: 'object' }, texts('a'), 'NAME.KEY=VALUE'],
    ['a misspelt key', { default: { mode: 'a' } }, texts({ key: 'moed', text: 'b' }), 'did you mean "mode"?'],
  ])('is refused: %s', (_, param, value, message) => {
    const { problems } = giveParams({ params: [{ name: 'p', ...param }] }, [
      { name: 'p', value, from: '-p p' },
    ]);
    expect(problems).toEqual([{ path: ['params', 0], message: expect.stringContaining(message) as string }]);
    expect(problems[0]?.message).toMatch(/^-p p: /);
  });

  it('changes nothing of a spec that does not declare it, and may be given by several', () => {
    const spec = { params: [{ name: 'p', value: 'a' }] };
    expect(giveParams(spec, [{ name: 'q', value: 'b', from: '' }]).spec).toEqual(spec);
    const both = ['b', 'c'].map((value) => ({ name: 'p', value, from: '' }));
    expect(giveParams(spec, both).spec).toEqual({ params: [{ name: 'p', value: 'c' }] });
    expect(giveParams('no map', both).spec).toBe('no map');
  });
});
