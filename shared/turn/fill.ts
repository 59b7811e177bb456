/**
 * What of a step only earlier steps can say, and where it goes: the value of the agent's `--fill`. It names words of the
 * command line by their index, and run directories; a text of the user's is never in it, so that nobody can change what it
 * means.
 */
import { RESULT_NAME } from './results.ts';

/** What an earlier step said or left; without `run` it is about the Task. */
export interface Said {
  /** The step's run directory. */
  readonly run?: string;
  /** `outcome`, `exitCode` or `results/NAME`. */
  readonly of: string;
}

/** A part of a text: the word of this index after `--command`, or what a step said. */
export type Piece = number | Said;

/** A text, of its parts one after another. */
export type Pieces = readonly Piece[];

/** The input is, or is not, one of the values. */
export interface Condition {
  readonly input: Pieces;
  readonly operator: 'in' | 'notin';
  readonly values: readonly Pieces[];
}

export interface Fill {
  /** The command: words as they are, by their index, or put together. Absent: all words, as they are. */
  readonly argv?: readonly (number | Pieces)[];
  /** Variables of the command's environment, by name. */
  readonly env?: Readonly<Record<string, Pieces>>;
  /** All must hold, else the step is omitted. */
  readonly when?: readonly Condition[];
}

/** A text that is no {@link Fill}. */
export class FillError extends Error {
  override name = 'FillError';
}

/**
 * @param words - how many words come after `--command`
 * @throws {FillError} saying where it is wrong
 * @example parseFill('{"argv":[0,[1,{"run":"/taskflow/run/1","of":"results/commit"}]]}', 2)
 */
export function parseFill(json: string, words: number): Fill {
  const { argv, env, when, ...unknown } = object(parse(json), 'it');
  known(unknown, 'it');
  const pieces = (value: unknown, where: string): Pieces =>
    list(value, where).map((each, i) => piece(each, `${where}[${i}]`));
  const piece = (value: unknown, where: string): Piece =>
    typeof value === 'number' ? word(value, words, where) : said(value, where);

  return {
    ...(argv !== undefined && {
      argv: list(argv, 'argv').map((each, i) => {
        const where = `argv[${i}]`;
        return typeof each === 'number' ? word(each, words, where) : pieces(each, where);
      }),
    }),
    ...(env !== undefined && {
      env: Object.fromEntries(
        Object.entries(object(env, 'env')).map(([name, each]) => {
          if (!/^[^=\0]+$/.test(name))
            throw new FillError(`env has a name that no variable can have, "${name}"`);
          return [name, pieces(each, `env.${name}`)];
        }),
      ),
    }),
    ...(when !== undefined && {
      when: list(when, 'when').map((each, i): Condition => {
        const where = `when[${i}]`;
        const { input, operator, values, ...rest } = object(each, where);
        known(rest, where);
        if (operator !== 'in' && operator !== 'notin')
          throw new FillError(`${where}.operator is neither in nor notin`);
        return {
          input: pieces(input, `${where}.input`),
          operator,
          values: list(values, `${where}.values`).map((one, n) => pieces(one, `${where}.values[${n}]`)),
        };
      }),
    }),
  };
}

function parse(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch (cause) {
    throw new FillError('it is not JSON', { cause });
  }
}

function word(index: number, words: number, where: string): number {
  if (Number.isInteger(index) && index >= 0 && index < words) return index;
  throw new FillError(`${where} is word ${index}, but there are ${words} after --command`);
}

function said(value: unknown, where: string): Said {
  const { run, of, ...rest } = object(value, where);
  known(rest, where);
  if (run !== undefined && (typeof run !== 'string' || run === ''))
    throw new FillError(`${where}.run is no directory`);
  const result = typeof of === 'string' && of.startsWith('results/') && RESULT_NAME.test(of.slice(8));
  if (typeof of !== 'string' || !(of === 'outcome' || of === 'exitCode' || result))
    throw new FillError(`${where}.of is none of outcome, exitCode, results/NAME`);
  if (run === undefined && of !== 'outcome')
    throw new FillError(`${where} needs the run directory of a step: only the Task's outcome has none`);
  return { ...(run !== undefined && { run }), of };
}

function object(value: unknown, where: string): Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new FillError(`${where} is no JSON object`);
  return value as Record<string, unknown>;
}

function list(value: unknown, where: string): readonly unknown[] {
  if (!Array.isArray(value)) throw new FillError(`${where} is no JSON list`);
  return value;
}

/** Whoever wrote a field that this agent does not know meant something by it. */
function known(rest: object, where: string): void {
  const [name] = Object.keys(rest);
  if (name !== undefined)
    throw new FillError(`${where} has a field "${name}", which this agent does not know`);
}
