/** Where a value becomes a part of a shell's program: whoever gives it can run what they like. */
import { tokensOf } from './tokens.ts';

const SHELL = /^(?:.*\/)?(?:sh|bash|dash|ash|ksh|zsh)$/;

/**
 * The texts of a step that a shell reads: its script, unless another interpreter runs that, and what follows `sh -c`.
 *
 * @example shellTexts({ command: ['sh', '-c', 'ls'] }) // ['ls']
 */
export function shellTexts({
  script,
  command = [],
  args = [],
}: {
  script?: string | undefined;
  command?: readonly string[] | undefined;
  args?: readonly string[] | undefined;
}): string[] {
  if (script) return isForShell(script) ? [script] : [];
  const [program = '', ...words] = [...command, ...args];
  const at = SHELL.test(program) ? words.findIndex((word) => /^-[a-z]*c[a-z]*$/.test(word)) : -1;
  return at < 0 ? [] : words.slice(at + 1, at + 2);
}

function isForShell(script: string): boolean {
  const [, line] = /^#!(.*)/.exec(script) ?? [];
  return (
    line === undefined ||
    line
      .trim()
      .split(/\s+/)
      .some((word) => SHELL.test(word))
  );
}

/**
 * The params that a shell's text has outside of quotes and comments, by their names. A param within quotes is not among
 * them, although a value with quotes in it ends those.
 *
 * @example unquotedParams('rm $(params.file) "$(params.dir)"') // ['file']
 */
export function unquotedParams(text: string): string[] {
  // A reference takes the place of one character, whose place is remembered.
  const names = new Map<number, string>();
  let masked = '';
  for (const token of tokensOf(text, 'anybody')) {
    if (token.kind === 'reference' && token.reference.of === 'params')
      names.set(masked.length, token.reference.name);
    masked += token.kind === 'reference' ? 'X' : token.text;
  }
  const bare = new Set<string>();
  for (const at of barePlaces(masked)) {
    const name = names.get(at);
    if (name !== undefined) bare.add(name);
  }
  return [...bare];
}

/** What a shell is within: a quotation, or a `$(` or `(` that begins anew. */
type Within = '"' | '(';

/** The places of a shell's text that are in no quotes, comments or here-documents. */
function* barePlaces(text: string): Generator<number> {
  const within: Within[] = [];
  const ends: string[] = [];
  for (let at = 0; at < text.length; at++) {
    const character = text[at] ?? '';
    const isQuoted = within.at(-1) === '"';
    if (character === '\\') at++;
    else if (character === '"' && isQuoted) within.pop();
    else if (character === '"') within.push('"');
    else if (text.startsWith('$(', at)) [at] = [at + 1, within.push('(')];
    else if (isQuoted) continue;
    else if (character === "'") at = endOf(text, "'", at + 1);
    else if (character === '#' && /[\s;&|(]|^$/.test(text[at - 1] ?? '')) at = endOf(text, '\n', at) - 1;
    else if (character === '(') within.push('(');
    else if (character === ')') within.pop();
    else if (character === '<') ends.push(...hereDocument(text, at));
    else if (character === '\n')
      for (let end = ends.shift(); end !== undefined; end = ends.shift()) at = lineOf(text, end, at);
    else yield at;
  }
}

function endOf(text: string, what: string, from: number): number {
  const at = text.indexOf(what, from);
  return at < 0 ? text.length : at;
}

/** The word that ends a here-document which `<<` begins. */
function hereDocument(text: string, at: number): string[] {
  const [, word] = /^<<-?\s*(?:["']?)([\w.-]+)/.exec(text.slice(at, at + 100)) ?? [];
  return word === undefined || text[at - 1] === '<' ? [] : [word];
}

/** The end of the first line from `at` on that is this word. */
function lineOf(text: string, word: string, at: number): number {
  for (let begin = at + 1; begin < text.length;) {
    const end = endOf(text, '\n', begin);
    if (text.slice(begin, end).trim() === word) return end - 1;
    begin = end + 1;
  }
  return text.length;
}
