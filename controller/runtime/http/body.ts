/** The body of an answer, within bounds. */
import type { Answer } from './transport.ts';

/** An answer that is larger than what is read of one. */
export class TooLargeError extends Error {
  override name = 'TooLargeError';
}

/** @throws {TooLargeError}; the connection is closed then */
export async function readBounded({ headers, body }: Answer, limit: number): Promise<string> {
  const tooLarge = (): TooLargeError => new TooLargeError(`the answer has more than ${limit} bytes`);
  if (Number(headers['content-length'] ?? 0) > limit) {
    body.destroy();
    throw tooLarge();
  }
  const chunks: Uint8Array[] = [];
  let size = 0;
  // Leaving the loop destroys the body.
  for await (const chunk of body as AsyncIterable<Uint8Array>) {
    size += chunk.byteLength;
    if (size > limit) throw tooLarge();
    chunks.push(chunk);
  }
  return Buffer.concat(chunks, size).toString('utf8');
}

/** As much of a body as is there before its end or the limit. */
export async function readSome({ body }: Answer, limit: number): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of body as AsyncIterable<Uint8Array>) {
    chunks.push(chunk);
    size += chunk.byteLength;
    if (size >= limit) break;
  }
  return Buffer.concat(chunks).toString('utf8', 0, limit);
}
