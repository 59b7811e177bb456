/** How another process of the same user lets held steps of a run go on: a socket in the run's directory. */
import { chmod, lstat } from 'node:fs/promises';
import { closeSync, constants, openSync } from 'node:fs';
import { connect, createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { platform } from 'node:process';
import { isMap } from '../../shared/task/loose.ts';
import { SystemError, UsageError } from '../../shared/turn/errors.ts';
import { RESUME_ACTIONS } from '../../shared/turn/resume.ts';
import { type Held, type Resume } from './holds.ts';

const SOCKET = 'resume.sock';

/** The longest path of a socket is 107 bytes on Linux, 103 on macOS. */
const MAX_PATH = 100;

/** The longest question, bytes; and how long it may take, milliseconds. */
const MAX_QUESTION = 4096;
const PATIENCE = 5_000;

type Answer = { resumed: readonly Held[] } | { error: string };

/**
 * Listens until the returned function is called.
 *
 * @param root - the run's directory, which nobody else may open
 * @throws {SystemError} where the system has no such socket here
 */
export async function listen(
  root: string,
  resume: (asked: Resume) => Promise<readonly Held[]>,
): Promise<() => void> {
  const server = createServer({ allowHalfOpen: true }, (socket) => void answer(socket, resume));
  const at = await place(root);
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject).listen(at.path, resolve);
    });
    await chmod(join(root, SOCKET), 0o600);
  } catch (error) {
    server.close();
    at.close();
    const { code = 'EIO' } = error as NodeJS.ErrnoException;
    throw new SystemError(code, join(root, SOCKET));
  }
  server.on('error', () => undefined);
  return () => {
    server.close();
    at.close();
  };
}

/**
 * Asks a run to let held steps go on, and returns which do.
 *
 * @throws {UsageError} when it does not, and when no run listens there
 */
export async function ask(root: string, asked: Resume): Promise<readonly Held[]> {
  const socket = await connected(root);
  socket.end(`${JSON.stringify(asked)}\n`);
  const said = parse(await textOf(socket, 1024 * 1024)) as Answer | undefined;
  if (said === undefined) throw new UsageError(`${root}: the run ended before it answered`);
  if ('error' in said) throw new UsageError(said.error);
  return said.resumed;
}

async function answer(socket: Socket, resume: (asked: Resume) => Promise<readonly Held[]>): Promise<void> {
  socket.on('error', () => undefined).setTimeout(PATIENCE, () => socket.destroy());
  const question = parse(await textOf(socket, MAX_QUESTION).catch(() => ''));
  let said: Answer;
  try {
    said = { resumed: await resume(readQuestion(question)) };
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    said = { error: error.message };
  }
  socket.end(`${JSON.stringify(said)}\n`);
}

/** @throws {UsageError} */
function readQuestion(question: Record<string, unknown> | undefined): Resume {
  const { step, action: word } = question ?? {};
  const action = RESUME_ACTIONS.find((each) => each === word);
  if (action === undefined || (step !== undefined && typeof step !== 'string'))
    throw new UsageError(`expected {"step":NAME,"action":${RESUME_ACTIONS.join('|')}}`);
  return { step, action };
}

async function connected(root: string): Promise<Socket> {
  const path = join(root, SOCKET);
  const found = await lstat(path).catch(() => undefined);
  if (found?.isSocket() !== true)
    throw new UsageError(
      `${root}: no run with a step that can be held has this directory; give --run the directory that it named`,
    );
  if (found.uid !== process.geteuid?.()) throw new UsageError(`${root}: the run is another user's`);
  const at = await place(root);
  try {
    return await new Promise<Socket>((resolve, reject) => {
      const socket = connect(at.path, () => resolve(socket)).once('error', reject);
    });
  } catch (error) {
    const { code = 'EIO' } = error as NodeJS.ErrnoException;
    throw new UsageError(
      code === 'ECONNREFUSED' ? `${root}: the run is over` : new SystemError(code, path).message,
    );
  } finally {
    at.close();
  }
}

/** The socket's path, or a shorter one of the same. */
async function place(root: string): Promise<{ path: string; close: () => void }> {
  const path = join(root, SOCKET);
  if (Buffer.byteLength(path) <= MAX_PATH || platform !== 'linux') return { path, close: () => undefined };
  const directory = openSync(root, constants.O_RDONLY | constants.O_DIRECTORY);
  return { path: `/proc/self/fd/${directory}/${SOCKET}`, close: () => closeSync(directory) };
}

async function textOf(socket: Socket, most: number): Promise<string> {
  let text = '';
  for await (const chunk of socket.setEncoding('utf8')) {
    text += String(chunk);
    if (text.length > most) return '';
  }
  return text;
}

function parse(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isMap(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
