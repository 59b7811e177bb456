import { type Readable } from 'node:stream';
import { StringDecoder } from 'node:string_decoder';

/** A line longer than this is passed on in parts: a stream without newlines must not fill the memory. */
const MAX_LINE = 64 * 1024;

/**
 * Calls `onLine` for each line of the stream, without its end; the last one may lack it. Resolves when the stream
 * ends or is destroyed.
 */
export async function eachLine(stream: Readable, onLine: (line: string) => void): Promise<void> {
  const decoder = new StringDecoder('utf8');
  let rest = '';
  try {
    for await (const chunk of stream as AsyncIterable<Buffer>) {
      const lines = (rest + decoder.write(chunk)).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) onLine(line.replace(/\r$/, ''));
      while (rest.length > MAX_LINE) {
        onLine(rest.slice(0, MAX_LINE));
        rest = rest.slice(MAX_LINE);
      }
    }
  } catch (error) {
    // Destroyed from our side: what came until then is what there is.
    if (!stream.destroyed) throw error;
  }
  rest += decoder.end();
  if (rest !== '') onLine(rest);
}
