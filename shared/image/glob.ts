/**
 * Whether a text is what a pattern says, in time that grows with pattern times text at most, as Go's `filepath.Match`: a
 * `*` that did not work out is given up for good once a later one was reached. `*` is any text, all else itself.
 *
 * @example globMatches('*.example', 'registry.example') // true
 */
export function globMatches(pattern: string, text: string): boolean {
  let at = 0;
  let from = 0;
  /** The last star, and how much of the text it stands for at least. */
  let star = -1;
  let taken = 0;
  while (from < text.length) {
    if (pattern[at] === '*') {
      star = at++;
      taken = from;
    } else if (at < pattern.length && pattern[at] === text[from]) {
      at++;
      from++;
    } else if (star >= 0) {
      at = star + 1;
      from = ++taken;
    } else return false;
  }
  while (pattern[at] === '*') at++;
  return at === pattern.length;
}
