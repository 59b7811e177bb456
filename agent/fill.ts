/** Puts together what a step runs, of the words that it was given and what earlier steps said. */
import { type Condition, type Fill, type Piece, type Pieces, type Said } from '../shared/turn/fill.ts';
import { type Command } from './platform.ts';

/** What the command line says about the command. */
export interface Plan {
  /** The words that `--entrypoints` puts before it. */
  readonly before: readonly string[];
  readonly words: readonly string[];
  /** Where the words begin in {@link Platform.args}. */
  readonly at: number;
  readonly fill: Fill;
}

/** Says what an earlier step said or left. */
export type Say = (said: Said) => string;

/** What an earlier step said, or left, cannot be had. */
export class UnsaidError extends Error {
  override name = 'UnsaidError';
  /** One CamelCase word for programs. */
  readonly reason: string;

  constructor(reason: string, message: string) {
    super(message);
    this.reason = reason;
  }
}

/** @throws {UnsaidError} */
export function commandOf({ before, words, at, fill }: Plan, say: Say): Command {
  const chosen = fill.argv ?? words.map((_, index) => index);
  const text = (pieces: Pieces): string => join(pieces, words, passable(say));
  return {
    argv: [...before, ...chosen.map((each) => (typeof each === 'number' ? (words[each] ?? '') : text(each)))],
    parts: [...before, ...chosen.map((each) => (typeof each === 'number' ? at + each : text(each)))],
  };
}

/** @throws {UnsaidError} */
export function environmentOf({ words, fill }: Plan, say: Say): Record<string, string> {
  const variables = Object.entries(fill.env ?? {});
  return Object.fromEntries(variables.map(([name, pieces]) => [name, join(pieces, words, passable(say))]));
}

/** The conditions, as texts. @throws {UnsaidError} */
export function conditionsOf({ words, fill }: Plan, say: Say): Texts[] {
  return (fill.when ?? []).map(({ input, operator, values }) => ({
    input: join(input, words, say),
    operator,
    values: values.map((each) => join(each, words, say)),
  }));
}

interface Texts {
  input: string;
  operator: Condition['operator'];
  values: string[];
}

/**
 * Says of the first condition that does not hold that it does not; `undefined` when all do.
 *
 * @example unmet([{ input: 'no', operator: 'in', values: ['yes'] }]) // 'when[0] does not hold: "no" is none of "yes"'
 */
export function unmet(conditions: readonly Texts[]): string | undefined {
  const index = conditions.findIndex(
    ({ input, operator, values }) => values.includes(input) !== (operator === 'in'),
  );
  const { input, operator, values } = conditions[index] ?? {};
  if (input === undefined || values === undefined) return undefined;
  const others = [...values.slice(0, SHOWN).map(quote), ...(values.length > SHOWN ? ['…'] : [])];
  return `when[${index}] does not hold: ${quote(input)} is ${operator === 'in' ? 'none' : 'one'} of ${others.join(', ')}`;
}

/** How many values of a condition are named. */
const SHOWN = 8;

function quote(text: string): string {
  const characters = Array.from(text.slice(0, 200));
  return JSON.stringify(characters.length > 60 ? `${characters.slice(0, 60).join('')}…` : text);
}

function join(pieces: Pieces, words: readonly string[], say: Say): string {
  return pieces
    .map((piece: Piece) => (typeof piece === 'number' ? (words[piece] ?? '') : say(piece)))
    .join('');
}

/** No argument and no variable can hold the byte that ends it. */
function passable(say: Say): Say {
  return (said) => {
    const text = say(said);
    if (!text.includes('\0')) return text;
    throw new UnsaidError(
      'ResultUnusable',
      `${said.run}/${said.of} holds a NUL byte, which no argument and no variable can; read the file instead`,
    );
  };
}
