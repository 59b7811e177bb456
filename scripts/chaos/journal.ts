/** What the steps of one Task wrote down. */

/** One step, as its own lines tell of it. Times are ms since the epoch, to a hundredth of a second. */
export interface Entry {
  /** When it began; more than once, should it have run twice. */
  begins: readonly number[];
  /** Its last sign of life. */
  last: number;
  /** How it ended, where it came to its end. */
  end?: { at: number; code: number };
}

export type Journal = ReadonlyMap<string, Entry>;

/**
 * The lines `begin NAME UPTIME`, `alive NAME UPTIME` and `end NAME UPTIME CODE`.
 *
 * @param boot - when the machine started, ms since the epoch
 * @throws {RangeError} for a line that is none of these
 * @example readJournal('begin a 10.50\nend a 11.00 3\n', 0).get('a') // { begins: [10500], last: 11000, end: { at: 11000, code: 3 } }
 */
export function readJournal(text: string, boot: number): Journal {
  const entries = new Map<string, Entry>();
  for (const line of text.split('\n').filter((each) => each !== '')) {
    const [, word, name, uptime, code] =
      /^(begin|alive|end) ([a-z0-9-]+) (\d+\.\d+) ?(\d*)$/.exec(line) ?? [];
    if (word === undefined || name === undefined) throw new RangeError(`no line of a journal: ${line}`);
    const at = boot + Number(uptime) * 1000;
    const { begins, last, end } = entries.get(name) ?? { begins: [], last: at };
    entries.set(name, {
      begins: word === 'begin' ? [...begins, at] : begins,
      last: Math.max(last, at),
      ...(word === 'end' ? { end: { at, code: Number(code) } } : end && { end }),
    });
  }
  return entries;
}
