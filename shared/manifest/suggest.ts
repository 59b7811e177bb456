/**
 * The known name that a wrong one was probably meant to be: the nearest by Damerau-Levenshtein distance (optimal string
 * alignment) without regard to case, when it is at most one edit away for every four letters or part of them.
 *
 * @example
 * suggest('comand', ['name', 'command']); // 'command'
 * suggest('gpuSlices', ['name', 'command']); // undefined
 */
export function suggest(wrong: string, known: Iterable<string>): string | undefined {
  let best: string | undefined;
  let least = Infinity;
  for (const name of known) {
    const allowed = Math.ceil(name.length / 4);
    // The distance is never less than the difference of the lengths; this keeps long nonsense cheap.
    if (Math.abs(name.length - wrong.length) > allowed) continue;
    const edits = distance(wrong.toLowerCase(), name.toLowerCase());
    if (edits <= allowed && edits < least) {
      best = name;
      least = edits;
    }
  }
  return best;
}

function distance(a: string, b: string): number {
  let before: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let row = 1; row <= a.length; row++) {
    const current = [row];
    for (let column = 1; column <= b.length; column++) {
      const same = a[row - 1] === b[column - 1];
      const swapped = a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1];
      const edits = [
        cell(last, column) + 1,
        cell(current, column - 1) + 1,
        cell(last, column - 1) + (same ? 0 : 1),
        swapped ? cell(before, column - 2) + 1 : Infinity,
      ];
      current.push(Math.min(...edits));
    }
    before = last;
    last = current;
  }
  return cell(last, b.length);
}

function cell(row: readonly number[], column: number): number {
  return row[column] ?? Infinity;
}
