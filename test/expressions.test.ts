/** No regular expression takes longer than its text is long: somebody will try. */
import { glob, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';

process.env['RECHECK_BACKEND'] = 'pure';
const { checkSync } = await import('recheck');

const ROOT = join(import.meta.dirname, '..');

/** Regular expressions whose cost grows faster, with why nobody can make it cost much. */
const BOUNDED: Readonly<Record<string, string>> = {
  '\\$\\$|\\$\\(([^)]*)\\)': 'expand() ends the text at its last ")"',
  '([\\d.]+)([a-zµ]+)': 'parseDuration() has tested the whole text before',
  '\\/+$': 'a directory, or an address in a kubeconfig: of whoever starts the program',
};

// After what a value may follow; the sources are formatted, so a division has spaces.
const LITERAL =
  /(?<=[=(,:[!&|?]\s*|return )\/((?:[^/\\\n[*]|\\.|\[(?:[^\]\\\n]|\\.)*\])(?:[^/\\\n[]|\\.|\[(?:[^\]\\\n]|\\.)*\])*)\/([a-z]*)(?![\w/])/g;

const COMPOSED = 'RegExp(…)';

async function expressions(): Promise<{ file: string; source: string; flags: string }[]> {
  const found: { file: string; source: string; flags: string }[] = [];
  for await (const file of glob('{agent,cli,controller,shared}/**/*.ts', { cwd: ROOT })) {
    const text = await readFile(join(ROOT, file), 'utf8');
    const code = text.replaceAll(/^\s*(?:\/\/|\/?\*).*$/gm, '');
    for (const [, source = '', flags = ''] of code.matchAll(LITERAL)) found.push({ file, source, flags });
    if (/\bRegExp\(/.test(code)) found.push({ file, source: COMPOSED, flags: '' });
  }
  return found;
}

test('every regular expression takes time in proportion to its text', { timeout: 240_000 }, async () => {
  const all = await expressions();
  expect(all.length).toBeGreaterThan(50);
  // One that is put together when it is needed would not be found.
  expect(all.filter(({ source }) => source === COMPOSED)).toEqual([]);
  const slow = all.flatMap(({ file, source, flags }) => {
    if (Object.hasOwn(BOUNDED, source)) return [];
    const found = checkSync(source, flags, { timeout: 20_000, checker: 'automaton' });
    return found.status === 'vulnerable'
      ? [`${file}: /${source}/${flags} is ${found.complexity.summary}`]
      : [];
  });
  expect(slow).toEqual([]);
});

test.each([
  ['(a+)+$', ''],
  ['\\0+$', ''],
  ['<[^>]*>', 'g'],
])('/%s/ would be found', (source, flags) => {
  expect(checkSync(source, flags, { checker: 'automaton' }).status).toBe('vulnerable');
});
