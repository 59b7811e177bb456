/** Reads an outcome of which only the beginning is left. */
import { OUTCOME_VERSION, OutcomeError, parseOutcome, type Outcome } from './outcome.ts';

/** How the step ended, and whatever else of the record is there whole. */
export type CutOutcome = Pick<Outcome, 'outcome'> & Partial<Outcome>;

/**
 * What the beginning of an encoded outcome says. A pod keeps 12 KiB of termination messages, and the kubelet cuts each
 * one to its share: 3072 bytes of 4 containers, 47 of 257. Agents write the fields that matter most first; with 47 bytes
 * `outcome` is always there, and `exitCode` in most cases.
 *
 * A field that is not whole is left out, so whatever is returned agrees with the whole record. `undefined` when not even
 * the outcome is there, or when this is the beginning of something else.
 *
 * @see https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/kubelet/status/status_manager.go normalizeStatus
 * @example readCutOutcome('{"version":1,"outcome":"Failed","exitCode":42,"sta') // { version: 1, outcome: 'Failed', exitCode: 42 }
 */
export function readCutOutcome(text: string): CutOutcome | undefined {
  const found = parseMap(text) ?? parseMap(`${wholeFields(text)}}`);
  if (found === undefined || !('version' in found && 'outcome' in found)) return undefined;
  try {
    const { version, outcome, ...read } = parseOutcome(JSON.stringify({ ...FILLER, ...found }));
    const there = Object.entries(read).filter(([name]) => Object.hasOwn(found, name));
    return { version, outcome, ...(Object.fromEntries(there) as Partial<Outcome>) };
  } catch (error) {
    if (error instanceof OutcomeError) return undefined;
    throw error;
  }
}

/** Stands in for the fields that are gone, so that one function says what a record is. */
const FILLER: Outcome = {
  version: OUTCOME_VERSION,
  outcome: 'Error',
  exitCode: 0,
  finishedAt: '',
  attempts: 0,
  reason: '',
  step: '',
  number: 0,
  message: '',
};

/** The text up to the last comma between two fields, or to its end where that is the end of a field. */
function wholeFields(text: string): string {
  // A number goes on at the cut unless it cannot: 0, and three digits of an exit code, which is at most 255.
  if (/"exitCode":(?:0|\d{3})$/.test(text)) return text;
  let depth = 0;
  let quoted = false;
  let whole = 0;
  for (let at = 0; at < text.length; at++) {
    const character = text[at];
    if (quoted) {
      if (character === '\\') at++;
      else if (character === '"') quoted = false;
    } else if (character === '"') quoted = true;
    else if (character === '{' || character === '[') depth++;
    else if (character === '}' || character === ']') depth--;
    else if (character === ',' && depth === 1) whole = at;
  }
  return text.slice(0, whole);
}

function parseMap(text: string): object | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
