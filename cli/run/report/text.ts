/** What a step prints, made fit for a terminal that shows a list as well. */
import stringWidth from 'string-width';

/**
 * Escape sequences of ECMA-48, in 7 and 8 bits: those with parameters, those that carry a text (titles, links), and the
 * rest. One that is cut off counts too.
 */
const SEQUENCES =
  // oxlint-disable-next-line no-control-regex
  /(?:\u001B\[|\u009B)[0-?]*[ -/]*[@-~]?|(?:\u001B[\]PX^_]|[\u009D\u0090\u0098\u009E\u009F])[^\u0007\u001B\u009C]*(?:\u0007|\u001B\\|\u009C)?|\u001B[ -/]*[0-~]?/g;

// oxlint-disable-next-line no-control-regex
const COLOUR = /^\u001B\[[\d;:]*m$/;

// oxlint-disable-next-line no-control-regex
const CONTROLS = /[^\P{Cc}\t\u001B]/gu;

/**
 * The text without whatever moves the cursor, clears, rings or talks to the terminal. Colours stay, and end with it.
 *
 * @example printable('\u001B[2J\u001B[31mred') // '\u001B[31mred\u001B[0m'
 */
export function printable(text: string): string {
  let coloured = false;
  const kept = text.replace(SEQUENCES, (sequence) => {
    if (!COLOUR.test(sequence)) return '';
    coloured = true;
    return sequence;
  });
  const clean = kept.replace(CONTROLS, '');
  return coloured ? `${clean}\u001B[0m` : clean;
}

/** The text alone, for a row of the list. */
export function plainText(text: string): string {
  return text.replace(SEQUENCES, '').replace(CONTROLS, '').replaceAll('\t', ' ');
}

/** What is left to see of a line that went back to its begin: the last thing written to it. */
export function lastWritten(line: string): string {
  return line.split('\r').findLast((part) => part !== '') ?? '';
}

/** As much of a text as fits into so many columns; `…` says that there is more. Wide characters take two columns. */
export function cut(text: string, columns: number): string {
  // What is far beyond the edge need not be measured.
  const near = text.slice(0, columns * 16);
  if (near === text && stringWidth(text) <= columns) return text;
  let width = 0;
  for (const { segment, index } of new Intl.Segmenter().segment(near)) {
    width += stringWidth(segment);
    if (width > columns - 1) return `${near.slice(0, index)}…`;
  }
  return near;
}
