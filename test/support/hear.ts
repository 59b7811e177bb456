import { type Readable } from 'node:stream';

/** Collects what a stream says from now on; the returned function tells it. */
export function hear(stream: Readable): () => string {
  let heard = '';
  stream.on('data', (chunk: Buffer) => (heard += chunk.toString()));
  return () => heard;
}
