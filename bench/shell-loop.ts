import { type Place } from './harness/place.ts';
import { TRUE } from './harness/programs.ts';
import { now } from './harness/time.ts';

/** Milliseconds a command, when a plain shell runs `true` so many times; the program, not what is built in. */
export async function loopOf(place: Place, times: number): Promise<number> {
  const script = `i=0; while [ $i -lt ${times} ]; do ${TRUE}; i=$((i+1)); done`;
  const start = now();
  await place.run(['sh', '-c', script]);
  return (now() - start) / times;
}
