import { type IncomingMessage } from 'node:http';
import { badRequest, StatusError } from '../status.ts';

const MAX_BODY = 3 * 1024 * 1024;

/**
 * The JSON of a request; `undefined` when it has no body.
 *
 * @throws {StatusError} 400, 413
 */
export async function readJson(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    length += chunk.length;
    // What is too much is read all the same, so that the client hears the answer.
    if (length <= MAX_BODY) chunks.push(chunk);
  }
  if (length > MAX_BODY) {
    const message = `Request entity too large: limit is ${MAX_BODY}`;
    throw new StatusError(413, 'RequestEntityTooLarge', message);
  }
  if (length === 0) return undefined;
  try {
    return JSON.parse(Buffer.concat(chunks).toString()) as unknown;
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw badRequest(
      `the object provided is unrecognized: couldn't get version/kind; json parse error: ${why}`,
    );
  }
}
