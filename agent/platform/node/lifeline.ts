import { readSync } from 'node:fs';
import { Socket } from 'node:net';
import { type Lifeline } from '../../platform.ts';
import { attempt } from './files.ts';

export function lifeline(descriptor: number, ring: () => void): Lifeline {
  const socket = attempt(`--lifeline ${descriptor}`, () => new Socket({ fd: descriptor, writable: false }));
  let severed = false;
  const sever = (): void => {
    severed = true;
    ring();
  };
  socket.on('end', sever).on('error', sever).resume();
  return {
    lost() {
      // Asks the descriptor itself: a command must not start because the end of file has not been heard of yet.
      severed ||= isAtEnd(descriptor);
      return severed;
    },
  };
}

/** The socket has made it one that does not block. */
function isAtEnd(descriptor: number): boolean {
  try {
    return readSync(descriptor, Buffer.alloc(64)) === 0;
  } catch (error) {
    return !(error instanceof Error && 'code' in error && error.code === 'EAGAIN');
  }
}
