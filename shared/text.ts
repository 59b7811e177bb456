/** Text that strangers wrote, for people to read. */

// oxlint-disable-next-line no-control-regex
const ESCAPE_SEQUENCES = /\u001B(?:\[[0-?]*[ -/]*[@-~]|\][^\u0007\u001B]*(?:\u0007|\u001B\\)?)?/gu;
const CONTROLS = /[\p{Cc}\u2028\u2029]+/gu;
/** What turns the direction of text, or takes no room. */
const INVISIBLE = /[\u00AD\u061C\u180E\u200B\u200E\u200F\u202A-\u202E\u2060-\u2069\uFEFF]/gu;

/**
 * A text in one line, with nothing in it that a terminal obeys: no escape sequences, control characters or marks that turn
 * the direction. Of a text of more than `bytes` as UTF-8 the beginning, ended by `…`, and never half a character.
 *
 * @example plain('\u001B[31mred\nalert') // 'red alert'
 */
export function plain(text: string, bytes = Infinity): string {
  // What is cut off need not be read: a character has four bytes at most, an escape sequence rarely more.
  const begin = bytes === Infinity ? text : text.slice(0, bytes * 4);
  const line = begin
    .toWellFormed()
    .replaceAll(ESCAPE_SEQUENCES, '')
    .replaceAll(CONTROLS, ' ')
    .replaceAll(INVISIBLE, '')
    .trim();
  return cut(line, bytes);
}

function cut(text: string, bytes: number): string {
  if (Buffer.byteLength(text) <= bytes) return text;
  let size = Buffer.byteLength('…');
  let kept = '';
  for (const character of text) {
    size += Buffer.byteLength(character);
    if (size > bytes) break;
    kept += character;
  }
  return `${kept}…`;
}
