/** What an option's text means, or why it means nothing. */
import { UsageError } from '../turn/errors.ts';
import type { Named, OptionToken } from './name.ts';
import type { Option, OptionTable } from './options.ts';

/** @throws {UsageError} */
export function givenValue(
  { name, option, negated }: Named,
  { rawName, value: text, inlineValue }: Pick<OptionToken, 'rawName' | 'value' | 'inlineValue'>,
  table: OptionTable,
): unknown {
  if (negated && text !== undefined) throw new UsageError(`--no-${name} takes no value; write --no-${name}`);
  if (option.type === 'boolean' && text === undefined) return !negated;
  // `-n=ns` is the namespace "ns", as kubectl reads it.
  const value = rawName.startsWith('--') || inlineValue !== true ? text : text?.replace(/^=/, '');
  const isOption =
    inlineValue !== true && value !== undefined && (value.startsWith('--') || isLetter(value, table));
  if (value === undefined || value === '' || isOption) {
    const example =
      option.choices?.join(' or ') ?? (typeof option.default === 'object' ? '' : option.default);
    throw new UsageError(
      `--${name} needs a value; write --${name}=${example === undefined || example === '' ? 'VALUE' : example}`,
    );
  }
  return valueOf(option, value, `--${name}`);
}

function isLetter(word: string, table: OptionTable): boolean {
  return Object.values(table).some(({ alias }) => alias !== undefined && word === `-${alias}`);
}

/**
 * @param where - what the message says it is the value of
 * @throws {UsageError}
 */
export function valueOf({ type, choices, words = {} }: Option, text: string, where: string): unknown {
  if (type === 'boolean') {
    if (/^(true|false)$/.test(text)) return text === 'true';
    const word = Object.hasOwn(words, text) ? words[text] : undefined;
    if (typeof word === 'boolean') return word;
    throw new UsageError(`${where} "${text}": ${word ?? 'expected true or false'}`);
  }
  if (type === 'number') {
    if (!/^-?\d+(\.\d+)?$/.test(text)) throw new UsageError(`${where} "${text}" is not a number`);
    return Number(text);
  }
  if (choices !== undefined && !choices.includes(text))
    throw new UsageError(`${where} "${text}": expected ${choices.join(' or ')}`);
  return text;
}
