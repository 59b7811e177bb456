/** What a text is made of: references of ours, variables of the kubelet's, and all else, which stays byte for byte. */
import { parseReference, type Reference } from './reference.ts';

export type Token =
  | { kind: 'text'; text: string }
  /** `$(NAME)`, for the kubelet. */
  | { kind: 'variable'; text: string; name: string }
  | { kind: 'reference'; text: string; reference: Reference };

/**
 * Who reads the text once it is filled in: the kubelet, which replaces `$(NAME)` and makes `$` of `$$`; or whoever it is
 * for, byte for byte, a shell for example.
 */
export type Reader = 'kubelet' | 'anybody';

/** The beginning of a reference of ours, as far as it may go on. The bound keeps the search for its end linear. */
const OURS = /\$\((?:(?:params|workspaces|results|steps)[.[][^()$\n]{0,400}|outcome(?=\)))/y;

/**
 * The tokens of a text, in order; together they are the text, but for what keeps a reference from being one:
 *
 * - of `$$(params.x)` an even number of `$` makes a text. For the kubelet it stays, since that makes `$(params.x)` of it;
 *   else one `$` is dropped.
 * - for the kubelet a `$(` that no `)` ends before the next reference becomes `$$(`: what is filled in behind it cannot
 *   become the name of a variable.
 *
 * @example tokensOf('a $(params.x)', 'anybody') // [{ kind: 'text', text: 'a ' }, { kind: 'reference', … }]
 */
export function tokensOf(text: string, reader: Reader): Token[] {
  const tokens: Token[] = [];
  let begun = 0;
  const pushText = (end: number, isLast: boolean): void => {
    const part = text.slice(begun, end);
    if (part === '') return;
    if (reader === 'kubelet') tokens.push(...variablesIn(part, isLast));
    else tokens.push({ kind: 'text', text: part });
  };
  for (let at = text.indexOf('$'); at >= 0; at = text.indexOf('$', at)) {
    if (text[at + 1] === '$') {
      if (reader === 'anybody' && oursAt(text, at + 1) !== undefined) {
        pushText(at, false);
        begun = at + 1;
      }
      at += 2;
      continue;
    }
    const found = oursAt(text, at);
    if (found === undefined) {
      at += 1;
      continue;
    }
    pushText(at, false);
    tokens.push(found);
    at += found.text.length;
    begun = at;
  }
  pushText(text.length, true);
  return tokens;
}

/** Whether a text has a reference of ours. */
export function hasReference(text: string): boolean {
  return text.includes('$(') && tokensOf(text, 'anybody').some(({ kind }) => kind === 'reference');
}

/** The value as the kubelet has to be given it, to get it byte for byte. */
export const forKubelet = (value: string): string => value.replaceAll('$', '$$$$');

function oursAt(text: string, at: number): (Token & { kind: 'reference' }) | undefined {
  OURS.lastIndex = at;
  const found = OURS.exec(text)?.[0];
  if (found === undefined) return undefined;
  if (text[at + found.length] !== ')') {
    const expected = 'nothing closes it; write ")" behind the name';
    return { kind: 'reference', text: found.slice(0, 40), reference: { of: 'nothing', expected } };
  }
  return { kind: 'reference', text: `${found})`, reference: parseReference(found.slice(2)) };
}

/** As the kubelet reads it: https://github.com/kubernetes/kubernetes/blob/master/third_party/forked/golang/expansion/expand.go */
function variablesIn(text: string, isLast: boolean): Token[] {
  const tokens: Token[] = [];
  // Behind the last ")" nothing is closed any more.
  const last = text.lastIndexOf(')');
  let done = '';
  let begun = 0;
  for (let at = text.indexOf('$'); at >= 0; at = text.indexOf('$', at)) {
    if (text[at + 1] !== '(') {
      at += text[at + 1] === '$' ? 2 : 1;
      continue;
    }
    if (at < last) {
      const end = text.indexOf(')', at) + 1;
      done += text.slice(begun, at);
      if (done !== '') tokens.push({ kind: 'text', text: done });
      tokens.push({ kind: 'variable', text: text.slice(at, end), name: text.slice(at + 2, end - 1) });
      [done, begun, at] = ['', end, end];
    } else {
      done += `${text.slice(begun, at)}${isLast ? '' : '$'}$(`;
      at += 2;
      begun = at;
    }
  }
  done += text.slice(begun);
  if (done !== '') tokens.push({ kind: 'text', text: done });
  return tokens;
}
