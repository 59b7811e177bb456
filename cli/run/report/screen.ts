/** A terminal on which text scrolls by above a list that is drawn anew again and again. */
import stringWidth from 'string-width';

export interface Terminal extends NodeJS.WritableStream {
  columns?: number;
  rows?: number;
}

export interface Screen {
  /** Prints lines above the list, whole: the terminal wraps them, so that what is copied has no breaks in it. */
  draw(lines: readonly string[], list: readonly string[]): void;
  /** Somebody typed a line: the cursor is in the row below the list. */
  typed(): void;
  /** Takes the list away. */
  clear(): void;
  /** Leaves the list where it is; what comes next comes below. */
  leave(): void;
}

export function screenOn(terminal: Terminal): Screen {
  let drawn: readonly string[] = [];

  /** Goes to where the list begins, and clears from there. */
  function erase(): string {
    if (drawn.length === 0) return '';
    // Where the terminal became narrower, it has wrapped what was drawn, but not the line that the cursor is in.
    const columns = terminal.columns ?? 80;
    const above = drawn.slice(0, -1).map((line) => Math.max(1, Math.ceil(stringWidth(line) / columns)));
    const rows = above.reduce((sum, each) => sum + each, 0);
    return `\r${rows > 0 ? `\u001B[${rows}A` : ''}\u001B[J`;
  }

  return {
    draw(lines, list) {
      if (lines.length === 0 && list.length === drawn.length && list.every((line, at) => line === drawn[at]))
        return;
      terminal.write(`${erase()}${lines.map((line) => `${line}\n`).join('')}${list.join('\n')}`);
      drawn = list;
    },
    typed() {
      if (drawn.length > 0) drawn = [...drawn, ''];
    },
    clear() {
      terminal.write(erase());
      drawn = [];
    },
    leave() {
      if (drawn.length > 0) terminal.write('\n');
      drawn = [];
    },
  };
}
