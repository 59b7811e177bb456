import * as native from 'qjs:taskflow';
import * as os from 'qjs:os';
import { type Lifeline } from '../../platform.ts';
import { check } from './system.ts';

export function lifeline(descriptor: number, ring: () => void): Lifeline {
  check(native.closeOnExec(descriptor), `--lifeline ${descriptor}`);
  const unread = new ArrayBuffer(64);
  let severed = false;
  /** Asks the descriptor itself: a command must not start because the end of file has not been heard of yet. */
  const lost = (): boolean => {
    while (!severed && native.readable(descriptor) > 0) {
      severed = os.read(descriptor, unread, 0, unread.byteLength) <= 0;
      if (severed) os.setReadHandler(descriptor, null);
    }
    return severed;
  };
  os.setReadHandler(descriptor, () => {
    if (lost()) ring();
  });
  return { lost };
}
