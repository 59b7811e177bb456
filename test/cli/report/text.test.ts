import { describe, expect, it } from 'vitest';
import { cut, lastWritten, plainText, printable } from '../../../cli/run/report/text.ts';

const ESC = '\u001B';

describe('what a step prints', () => {
  it.each([
    ['plain text', 'a b\tc', 'a b\tc'],
    ['colours, which end with the line', `${ESC}[1;31mred`, `${ESC}[1;31mred${ESC}[0m`],
    ['colours with colons', `${ESC}[38:2::1:2:3mx`, `${ESC}[38:2::1:2:3mx${ESC}[0m`],
    ['clearing the screen, going home', `a${ESC}[2J${ESC}[Hb`, 'ab'],
    ['going up, left, to a column', `${ESC}[3A${ESC}[10D${ESC}[5Gx`, 'x'],
    ['the alternate screen, the hidden cursor, modes', `${ESC}[?1049h${ESC}[?25l${ESC}[4hx`, 'x'],
    ['saving and restoring, a full reset', `${ESC}7x${ESC}8${ESC}c`, 'x'],
    ['a title, ended by a bell', `${ESC}]0;title\u0007x`, 'x'],
    ['a link, ended by ST', `${ESC}]8;;http://e.org${ESC}\\link${ESC}]8;;${ESC}\\`, 'link'],
    ['a device control string', `${ESC}Pq#0;2;0${ESC}\\x`, 'x'],
    ['a character set', `${ESC}(0x${ESC}(B`, 'x'],
    ['questions that the terminal would answer', `${ESC}[6n${ESC}[c${ESC}Zx`, 'x'],
    ['the same in 8 bits', 'a\u009B2Jb\u009D0;t\u0007c\u0085d', 'abcd'],
    ['bells, backspaces, form feeds, NUL, DEL', 'a\u0007\b\f\0\u007Fb', 'ab'],
    ['a sequence that is cut off', `a${ESC}[12;`, 'a'],
    ['a title that is cut off', `a${ESC}]0;tit`, 'a'],
    ['an escape alone', `a${ESC}`, 'a'],
    ['letters of many languages', 'żółć 日本語 🙂', 'żółć 日本語 🙂'],
  ])('is shown without what moves the terminal: %s', (_, text, shown) => {
    expect(printable(text)).toBe(shown);
  });

  it('has no colours in the list', () => {
    expect(plainText(`${ESC}[31ma${ESC}[0m\tb${ESC}[K`)).toBe('a b');
  });

  it.each([
    ['10%\r20%\r100%', '100%'],
    ['working\r', 'working'],
    ['plain', 'plain'],
    ['\r', ''],
  ])('is what was written last: %j', (line, shown) => {
    expect(lastWritten(line)).toBe(shown);
  });
});

describe('a row of the list', () => {
  it.each([
    ['what fits', 'abc', 3, 'abc'],
    ['what does not', 'abcd', 3, 'ab…'],
    ['wide characters, which take two columns', '日本語', 5, '日本…'],
    ['a wide character that would stand half outside', '日本語', 4, '日…'],
    ['what belongs together', '👩‍👩‍👧x👩‍👩‍👧', 4, '👩‍👩‍👧x…'],
    ['letters with marks', 'e\u0301e\u0301e\u0301', 2, 'e\u0301…'],
    ['a megabyte', 'x'.repeat(1_000_000), 3, 'xx…'],
  ])('is cut to the width: %s', (_, text, columns, shown) => {
    expect(cut(text, columns)).toBe(shown);
  });
});
