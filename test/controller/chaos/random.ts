/** Numbers that can be had again: a test prints its seed, and `TASKFLOW_TEST_SEED` gives it back. */

export interface Random {
  /** A whole number from `from` to `to`, both included. */
  between: (from: number, to: number) => number;
  pick: <T>(of: readonly [T, ...T[]]) => T;
}

/** The seed of this run: that of the environment, or a new one. It is printed, for the run in which something fails. */
export function seedOfRun(what: string): number {
  const given = Number(process.env['TASKFLOW_TEST_SEED'] ?? '');
  const seed = given > 0 ? given : Math.trunc(Math.random() * 0x7fff_ffff) + 1;
  process.stdout.write(`${what}: TASKFLOW_TEST_SEED=${seed}\n`);
  return seed;
}

/** Mulberry32: as random as this needs, in one line of state. */
export function randomOf(seed: number): Random {
  let state = seed;
  const next = (): number => {
    state = (state + 0x6d2b_79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  return {
    between: (from, to) => from + Math.floor(next() * (to - from + 1)),
    pick: (of) => of[Math.floor(next() * of.length)] ?? of[0],
  };
}
