/** What is left to the agent: texts that are made of what other steps left. The agent itself parses none of them. */
import type { EnvVar } from '../container/container.ts';
import { MAX_POD_BYTES, PodTooLargeError } from '../size.ts';
import type { Condition, Fill, Piece } from '../../turn/fill.ts';
import { isRunTime, type RunTimeReference } from './reference.ts';
import { tokensOf } from './tokens.ts';

export interface When {
  input: string;
  operator: Condition['operator'];
  values: readonly string[];
}

/** What runs, and with what, as the kubelet reads it. */
export interface ForAgent {
  /** With `fill`: the words that this counts, of which the command is made. Else the command itself. */
  argv: string[];
  /** Without the variables that the agent gives. */
  env?: EnvVar[] | undefined;
  fill?: Fill;
}

/** Texts for the kubelet, and references between them. */
type Parts = readonly (string | RunTimeReference)[];

/** The most pieces of one step: each is a few bytes of the agent's arguments. */
const MAX_PIECES = 20_000;

/**
 * What a step's agent is told, so that it fills in what only it can know. A variable that needs the agent is taken out of
 * `env`, and put in wherever another text names it: a kubelet would find nothing there. As in Kubernetes a variable sees
 * those before it.
 *
 * @param step - with its texts as `fillIn` leaves them
 * @param runOf - the run directory of a step, by its name
 * @throws {PodTooLargeError}
 * @example fillOf({ argv: ['echo', 'at $(steps.a.exitCode)'] }, () => '/run/1')
 * // { argv: ['echo', 'at '], fill: { argv: [0, [1, { run: '/run/1', of: 'exitCode' }]] } }
 */
export function fillOf(
  {
    argv,
    env,
    when = [],
  }: { argv: readonly string[]; env?: readonly EnvVar[] | undefined; when?: readonly When[] | undefined },
  runOf: (step: string) => string,
): ForAgent {
  const budget = { pieces: MAX_PIECES, bytes: MAX_POD_BYTES };
  const { kept, variables } = splitEnv(env ?? [], budget);
  const command = argv.map((word) => partsOf(word, variables, budget));
  const isPlain = command.every(isText) && variables.size === 0;
  if (isPlain && when.length === 0) return { argv: [...argv], ...(env && { env: kept }) };

  const words: string[] = [];
  const add = (word: string): number => words.push(word) - 1;
  const pieces = (parts: Parts): Piece[] =>
    parts.map((part) => (typeof part === 'string' ? add(part) : posted(part, runOf)));
  const conditionParts = when.map(({ input, operator, values }) => ({
    operator,
    input: partsOf(input, variables, budget),
    values: values.map((value) => partsOf(value, variables, budget)),
  }));
  const fill: Fill = {
    argv: command.map((parts) => (isText(parts) ? add(parts.join('')) : pieces(parts))),
    ...(variables.size > 0 && {
      env: Object.fromEntries([...variables].map(([name, parts]) => [name, pieces(parts)])),
    }),
    ...(when.length > 0 && {
      when: conditionParts.map(({ input, operator, values }) => ({
        input: pieces(input),
        operator,
        values: values.map(pieces),
      })),
    }),
  };
  // An agent wants a word behind --command.
  if (words.length === 0) words.push('');
  return { argv: words, ...(env && { env: kept }), fill };
}

const isText = (parts: Parts): parts is readonly string[] =>
  parts.length === 0 || (parts.length === 1 && typeof parts[0] === 'string');

function posted(reference: RunTimeReference, runOf: (step: string) => string): Piece {
  if (reference.of === 'outcome') return { of: 'outcome' };
  const run = runOf(reference.step);
  return { run, of: reference.field === 'results' ? `results/${reference.result}` : reference.field };
}

interface Budget {
  pieces: number;
  bytes: number;
}

function splitEnv(
  env: readonly EnvVar[],
  budget: Budget,
): { kept: EnvVar[]; variables: ReadonlyMap<string, Parts> } {
  const variables = new Map<string, Parts>();
  const later = new Map<string, number>();
  for (const [index, { name }] of env.entries()) later.set(name, index);
  const seen = new Set<string>();
  const kept = env.filter(({ name, value = '' }, index) => {
    const parts = partsOf(
      value,
      variables,
      budget,
      (other) => !seen.has(other) && (later.get(other) ?? -1) >= index,
    );
    seen.add(name);
    if (isText(parts)) {
      variables.delete(name);
      return true;
    }
    variables.set(name, parts);
    return false;
  });
  return { kept, variables };
}

/** @param isUnseen - whether a variable comes only later, so that its name stays a text */
function partsOf(
  text: string,
  variables: ReadonlyMap<string, Parts>,
  budget: Budget,
  isUnseen: (name: string) => boolean = () => false,
): Parts {
  if (!text.includes('$(')) return [text];
  const parts: (string | RunTimeReference)[] = [];
  let isChanged = false;
  const push = (part: string | RunTimeReference): void => {
    const last = parts.at(-1);
    if (typeof part === 'string' && typeof last === 'string') parts[parts.length - 1] = last + part;
    else parts.push(part);
  };
  for (const token of tokensOf(text, 'kubelet')) {
    const own = token.kind === 'variable' ? variables.get(token.name) : undefined;
    isChanged ||= own !== undefined || token.kind === 'reference';
    if (own !== undefined) {
      spend(budget, own);
      own.forEach(push);
    } else if (token.kind === 'reference' && isRunTime(token.reference)) {
      spend(budget, ['']);
      push(token.reference);
    } else if (token.kind === 'variable') push(isUnseen(token.name) ? `$${token.text}` : token.text);
    else push(alone(token.text));
  }
  // A text that the kubelet alone reads stays as it is.
  return isChanged ? parts : [text];
}

/** So that the kubelet reads the same, whatever comes behind it: a `$` at its end begins nothing. */
const alone = (text: string): string => text.replaceAll(/\$\$?/g, '$$$$');

function spend(budget: Budget, parts: Parts): void {
  budget.pieces -= parts.length;
  for (const part of parts) if (typeof part === 'string') budget.bytes -= part.length;
  if (budget.pieces < 0 || budget.bytes < 0)
    throw new PodTooLargeError(MAX_POD_BYTES, 'what the variables of a step become, one within another');
}
