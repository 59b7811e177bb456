/** A stream of bytes → the lines in it. */

/** A line that is longer than anything of its kind. */
export class LongLineError extends Error {
  override name = 'LongLineError';
}

/**
 * The lines of a stream as text, without their ends; empty ones are left out. What follows the last newline is a line too.
 * No character of UTF-8 has a newline's byte within it, so it does not matter how the stream is cut into chunks.
 *
 * @param limit - the most bytes of one line
 * @throws {LongLineError}
 * @example for await (const line of linesOf(response, 1024)) console.log(JSON.parse(line));
 */
export async function* linesOf(
  chunks: AsyncIterable<Uint8Array>,
  limit: number,
): AsyncGenerator<string, void> {
  let begun: Uint8Array[] = [];
  let size = 0;

  const add = (part: Uint8Array): void => {
    size += part.byteLength;
    if (size > limit) throw new LongLineError(`a line of more than ${limit} bytes`);
    begun.push(part);
  };
  const take = (): string => {
    const line = Buffer.concat(begun, size).toString('utf8').trim();
    begun = [];
    size = 0;
    return line;
  };

  for await (const chunk of chunks) {
    let from = 0;
    for (let end = chunk.indexOf(NEWLINE); end >= 0; end = chunk.indexOf(NEWLINE, from)) {
      add(chunk.subarray(from, end));
      from = end + 1;
      const line = take();
      if (line !== '') yield line;
    }
    if (from < chunk.byteLength) add(chunk.subarray(from));
  }
  const rest = take();
  if (rest !== '') yield rest;
}

const NEWLINE = 0x0a;
