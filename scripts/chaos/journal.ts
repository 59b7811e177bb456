/** What the steps of one Task wrote down. */

/** One step, as its own lines tell of it. Times are ms since the epoch, to a hundredth of a second. */
export interface Entry {
  /** When it began; more than once where it was run again. */
  begins: readonly number[];
  /** What it had been given, each time. */
  took: readonly string[];
  /** How its command ended, each time that it came to its end. */
  ends: readonly { at: number; code: number }[];
  /** Its last sign of life. */
  last: number;
  /** How it ended, where it came to its end. */
  end?: { at: number; code: number };
}

export type Journal = ReadonlyMap<string, Entry>;

/**
 * The lines `begin NAME UPTIME TAKEN`, `alive NAME UPTIME` and `end NAME UPTIME CODE`.
 *
 * @param boot - when the machine started, ms since the epoch
 * @throws {RangeError} for a line that is none of these
 * @example readJournal('begin a 10.50\nend a 11.00 3\n', 0).get('a')?.end // { at: 11000, code: 3 }
 */
export function readJournal(text: string, boot: number): Journal {
  const entries = new Map<string, Entry>();
  for (const line of text.split('\n').filter((each) => each !== '')) {
    const [, word, name, uptime, rest = ''] =
      /^(begin|alive|end) ([a-z0-9-]+) (\d+\.\d+) ?([a-z0-9]*)$/.exec(line) ?? [];
    if (word === undefined || name === undefined || (word === 'end' && !/^\d+$/.test(rest)))
      throw new RangeError(`no line of a journal: ${line}`);
    const at = boot + Number(uptime) * 1000;
    const { begins, took, ends, last, end } = entries.get(name) ?? {
      begins: [],
      took: [],
      ends: [],
      last: at,
    };
    const now = { at, code: Number(rest) };
    const newest = word === 'end' ? now : word === 'begin' ? undefined : end;
    entries.set(name, {
      begins: word === 'begin' ? [...begins, at] : begins,
      took: word === 'begin' ? [...took, rest] : took,
      ends: word === 'end' ? [...ends, now] : ends,
      last: Math.max(last, at),
      ...(newest && { end: newest }),
    });
  }
  return entries;
}
