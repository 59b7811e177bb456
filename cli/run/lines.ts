import { type Readable } from 'node:stream';

/** A line longer than this is passed on in parts: a stream without newlines must not fill the memory. */
const MAX_LINE = 64 * 1024;
const NEWLINE = 0x0a;

/** Nobody shows more of an unfinished line. */
const MAX_REST = 1024;

/** Is given a line without its newline, or a part of one that goes on. What it returns is waited for. */
export type OnLine = (bytes: Buffer, isPartial: boolean) => void | Promise<void>;

/**
 * Calls `onLine` for each line of the stream, byte for byte; the last one may lack its newline. Resolves when the
 * stream ends or is destroyed. Reads no further than `onLine` has got. `onRest` is given the end of a line that has begun and
 * may go on, whenever there is more of it.
 */
export async function eachLine(
  stream: Readable,
  onLine: OnLine,
  onRest?: (begun: string) => void,
): Promise<void> {
  let rest: Buffer = Buffer.alloc(0);
  try {
    for await (const chunk of stream as AsyncIterable<Buffer>) {
      const bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
      let begin = 0;
      for (const { end, isPartial } of cuts(bytes, rest.length)) {
        const taken = onLine(bytes.subarray(begin, end), isPartial);
        if (taken !== undefined) await taken;
        begin = isPartial ? end : end + 1;
      }
      rest = bytes.subarray(begin);
      if (rest.length > 0) onRest?.(rest.subarray(-MAX_REST).toString());
    }
  } catch (error) {
    // Destroyed from our side: what came until then is what there is.
    if (!stream.destroyed) throw error;
  }
  if (rest.length > 0) await onLine(rest, false);
}

/** Where the lines in `bytes` end, and the parts of those that are too long. The first newline is not before `from`. */
function* cuts(bytes: Buffer, from: number): Generator<{ end: number; isPartial: boolean }> {
  let begin = 0;
  for (let newline = bytes.indexOf(NEWLINE, from); ; newline = bytes.indexOf(NEWLINE, begin)) {
    const end = newline < 0 ? bytes.length : newline;
    while (end - begin > MAX_LINE) {
      begin = endOfCharacter(bytes, begin + MAX_LINE);
      yield { end: begin, isPartial: true };
    }
    if (newline < 0) return;
    yield { end, isPartial: false };
    begin = newline + 1;
  }
}

/** The nearest place before `at` that cuts no character of UTF-8 in two; `at` itself in what is no UTF-8. */
function endOfCharacter(bytes: Buffer, at: number): number {
  for (let back = 0; back < 4; back++) if (((bytes[at - back] ?? 0) & 0xc0) !== 0x80) return at - back;
  return at;
}
