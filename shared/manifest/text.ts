/** The most of a manifest that is read, in bytes. The API server takes no object of more than 1.5 MiB. */
export const MAX_BYTES = 1024 * 1024;

/** Something wrong at an offset of the text, in UTF-16 code units. */
export interface Finding {
  offset: number;
  message: string;
}

export interface Source {
  text: string;
  /** What makes the text unusable, if anything does. */
  finding?: Finding;
}

/**
 * Makes text of the bytes of a manifest: UTF-8 with or without a byte order mark. Text comes back with its line ends as
 * `\n` or `\r\n` and as long as it was, so that offsets stay true.
 */
export function decode(input: string | Uint8Array): Source {
  if (Buffer.byteLength(input) > MAX_BYTES) {
    const message =
      'larger than 1 MiB, the most that taskflow reads; move large data to a ConfigMap or into the image';
    return { text: '', finding: { offset: 0, message } };
  }
  const raw = typeof input === 'string' ? input : new TextDecoder('utf-8', { ignoreBOM: true }).decode(input);
  const bare = raw.startsWith('\ufeff') ? raw.slice(1) : raw;
  // YAML 1.1 also ends a line at a lone carriage return, as old Macs did, and at U+0085.
  const text = bare.replace(isJson(bare) ? /\r(?!\n)/g : /\r(?!\n)|\u0085/g, '\n');
  const finding =
    (typeof input === 'string' ? undefined : badByte(input, raw, raw.length - text.length)) ??
    badCharacter(text);
  return finding === undefined ? { text } : { text, finding };
}

/** The decoder puts U+FFFD where bytes are no UTF-8: the first one that the bytes do not spell themselves is the place. */
function badByte(bytes: Uint8Array, raw: string, skipped: number): Finding | undefined {
  let byte = 0;
  let from = 0;
  for (let at = raw.indexOf('\ufffd'); at !== -1; at = raw.indexOf('\ufffd', from)) {
    byte += Buffer.byteLength(raw.slice(from, at));
    if (bytes[byte] !== 0xef || bytes[byte + 1] !== 0xbf || bytes[byte + 2] !== 0xbd) {
      const value = (bytes[byte] ?? 0).toString(16).toUpperCase().padStart(2, '0');
      const message = `the byte 0x${value} at offset ${byte} is not UTF-8; save the file as UTF-8`;
      return { offset: at - skipped, message };
    }
    byte += 3;
    from = at + 1;
  }
  return undefined;
}

// What YAML 1.1 calls not printable, and go-yaml refuses as a "control character". Half a surrogate pair is no character.
// At U+2028 and U+2029 it ends a line and keeps the character: nobody means that.
const NOT_YAML = /[^\t\n\r\u0020-\u007e\u0085\u00a0-\u2027\u202a-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/u;
// kubectl reads a file that begins with "{" as JSON, and prints such files with these characters as they are.
const NOT_JSON = /[^\t\n\r\u0020-\ud7ff\ue000-\u{10ffff}]/u;

function badCharacter(text: string): Finding | undefined {
  const offset = text.search(isJson(text) ? NOT_JSON : NOT_YAML);
  if (offset === -1) return undefined;
  const code = (text.codePointAt(offset) ?? 0).toString(16).toUpperCase().padStart(4, '0');
  return {
    offset,
    message: `the character U+${code} is not allowed in YAML; remove it, or write it as "\\u${code}" in quotes`,
  };
}

function isJson(text: string): boolean {
  return /^\s*\{/.test(text);
}

/** Finds lines and columns, both counted from 1, in a text that is read once. */
export class Lines {
  readonly #starts = [0];

  constructor(text: string) {
    for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) this.#starts.push(at + 1);
  }

  at(offset: number): { line: number; column: number } {
    let low = 0;
    let high = this.#starts.length;
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if ((this.#starts[middle] ?? 0) <= offset) low = middle;
      else high = middle;
    }
    return { line: low + 1, column: offset - (this.#starts[low] ?? 0) + 1 };
  }
}
