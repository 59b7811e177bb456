import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { globMatches } from '../../../shared/image/glob.ts';
import { keyringOf } from '../../../shared/image/keyring.ts';

/** What a pattern means, said plainly: slow, and of course right. */
function means(pattern: string, text: string): boolean {
  if (pattern === '') return text === '';
  const rest = pattern.slice(1);
  if (pattern[0] === '*') return means(rest, text) || (text !== '' && means(pattern, text.slice(1)));
  return pattern[0] === text[0] && means(rest, text.slice(1));
}

const few = (...letters: string[]): fc.Arbitrary<string> =>
  fc.array(fc.constantFrom(...letters), { maxLength: 10 }).map((each) => each.join(''));

describe('a glob', () => {
  it('matches what it means', () => {
    fc.assert(
      fc.property(few('a', 'b', '*'), few('a', 'b', '*'), (pattern, text) => {
        expect(globMatches(pattern, text)).toBe(means(pattern, text));
      }),
      { numRuns: 2000 },
    );
  });

  it.each(['[', '(a+)+$', '\\', '?', '^a', '.'])(
    'has no letter but the star that means another: %s',
    (text) => {
      expect([globMatches(text, text), globMatches(text, 'a')]).toEqual([true, false]);
    },
  );

  it('looks at no more letters than pattern times text', () => {
    let looks = 0;
    const counted = new Proxy(Array<string>(60).fill('a'), {
      get: (letters, key) => {
        looks++;
        return Reflect.get(letters, key) as unknown;
      },
    }) as unknown as string;
    expect(globMatches(`${'*a'.repeat(24)}*b`, counted)).toBe(false);
    expect(looks).toBeLessThan(2 * 51 * 60);
  });
});

describe('credentials', () => {
  it('for a registry of many stars are compared at once', async () => {
    const auths = { [`${'*a'.repeat(24)}*b.example`]: { username: 'u', password: 'p' } };
    const keyring = keyringOf([{ source: 's', format: 'dockerconfigjson', text: JSON.stringify({ auths }) }]);
    expect(await keyring.find(`${'a'.repeat(60)}.example`, 'x')).toEqual([]);
  });

  it('of more stars than anybody means are for none, and of many that match a few are tried', async () => {
    const matching = (key: string, count: number) =>
      Array.from({ length: count }, (_, at) => ({
        source: `s${at}`,
        format: 'dockercfg' as const,
        text: JSON.stringify({ [key]: { username: 'u', password: `p${at}` } }),
      }));
    const found = async (key: string) =>
      (await keyringOf(matching(key, 100)).find('aaa.example', 'x')).length;
    expect([await found('*a*.example'), await found(`${'*'.repeat(9)}.example`)]).toEqual([16, 0]);
  });

  it('for what is longer than any registry are for none', async () => {
    const auths = { ['*'.repeat(300)]: { username: 'u', password: 'p' } };
    const keyring = keyringOf([{ source: 's', format: 'dockerconfigjson', text: JSON.stringify({ auths }) }]);
    expect(await keyring.find('r', 'x')).toEqual([]);
  });
});
