import * as native from 'qjs:taskflow';
import * as os from 'qjs:os';
import { type Lifeline } from '../../platform.ts';
import { onReadable, poll, POLLIN } from './loop.ts';
import { check } from './system.ts';

export function lifeline(descriptor: number, ring: () => void): Lifeline {
  check(native.closeOnExec(descriptor), `--lifeline ${descriptor}`);
  const unread = new ArrayBuffer(64);
  let severed = false;
  const stop = onReadable(descriptor, () => {
    if (lost()) ring();
  });
  /** Asks the descriptor itself: a command must not start because the end of file has not been heard of yet. */
  function lost(): boolean {
    while (!severed && poll([descriptor], POLLIN, 0).length > 0) {
      severed = os.read(descriptor, unread, 0, unread.byteLength) <= 0;
      if (severed) stop();
    }
    return severed;
  }
  return { lost };
}
