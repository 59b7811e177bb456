/**
 * Answers a readiness probe: a step that is held is ready, and no other. It does not answer before it has something new to
 * say, so a step that waits, or runs, for hours costs no probe a second and no event for each of them.
 */
import { SystemError } from '../shared/turn/errors.ts';
import { EXIT_CODES } from '../shared/turn/exit-codes.ts';
import { HELD_FILE } from '../shared/turn/resume.ts';
import { Bell } from './bell.ts';
import { type Files, type Platform } from './platform.ts';
import { ENDING } from './step.ts';
import { POLL } from './turn.ts';

/** The file, in a step's run directory, that says what the last probe answered. */
const NOTE = 'probe';

/** Says that a probe has begun and has not answered. */
const ASKED = 'asked';

/** The kubelet asks again a second after an answer. What asks later than this may be another kubelet, which knows nothing. */
const KNOWN = 10_000;

/** After this time it answers again what it answered before, should the answer not have been heard. Milliseconds. */
const AGAIN = 5 * 60_000;

type Answer = 'held' | 'free';

/**
 * Waits until the answer is another one than the last, and returns it as an exit code: 0 for a step that is held.
 *
 * @throws {SystemError} when the run directory cannot be read.
 */
export async function answerProbe(platform: Platform, post: string): Promise<number> {
  const { files, clock } = platform;
  const bell = new Bell(clock);
  let asked: number | undefined;
  platform.onSignal(({ number }) => {
    if (ENDING.includes(number)) asked = number;
    bell.ring();
  });
  const note = `${post}/${NOTE}`;
  const before = readIfThere(files, note);
  // Where it can keep no note it answers each time.
  const known = write(files, note, ASKED) ? lastAnswer(before, clock.now()) : undefined;
  const until = clock.elapsed() + AGAIN;
  const watch = platform.watch([post], bell.ring);
  for (;;) {
    const covered = watch.cover();
    const answer: Answer = readIfThere(files, `${post}/${HELD_FILE}`) === undefined ? 'free' : 'held';
    if (asked !== undefined) return EXIT_CODES.SIGNALED.code + asked;
    const left = until - clock.elapsed();
    if (answer !== known || left <= 0) {
      write(files, note, `${answer} ${clock.now()}`);
      return answer === 'held' ? 0 : 1;
    }
    await bell.wait(Math.min(left, covered ? POLL.watched : POLL.unwatched));
  }
}

/**
 * What whoever asks knows already; `undefined`: perhaps nothing. To a kubelet no container is ready at first.
 *
 * @param note - what the file holds, if it is there
 * @example lastAnswer('held 1700000000000', 1700000001000) // 'held'
 */
function lastAnswer(note: string | undefined, now: number): Answer | undefined {
  if (note === undefined) return 'free';
  const [, answer, at] = /^(held|free) (\d{1,15})$/.exec(note) ?? [];
  const age = now - Number(at);
  // Not one that was asked and has not answered: whoever asked it is gone.
  return age >= 0 && age <= KNOWN ? (answer as Answer) : undefined;
}

function readIfThere(files: Files, path: string): string | undefined {
  try {
    return files.read(path);
  } catch (error) {
    if (error instanceof SystemError && error.code === 'ENOENT') return undefined;
    throw error;
  }
}

function write(files: Files, path: string, text: string): boolean {
  try {
    files.replace(path, text);
    return true;
  } catch (error) {
    if (!(error instanceof SystemError)) throw error;
    return false;
  }
}
