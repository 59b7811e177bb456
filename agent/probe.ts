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

/** How long a step that is held anew stays one that is not, so that whoever asks tells the two holds apart. */
const APART = 1_000;

/** What was answered, or is to be: the number of the hold; 0 for none. */
type Hold = number;

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
  const before = lastAnswer(readIfThere(files, note), clock.now());
  // Where it can keep no note it answers each time.
  const known = write(files, note, ASKED) ? before : undefined;
  const begun = clock.elapsed();
  const watch = platform.watch([post], bell.ring);
  for (;;) {
    const covered = watch.cover();
    const passed = clock.elapsed() - begun;
    const due = dueAnswer(known, holdIn(readIfThere(files, `${post}/${HELD_FILE}`)), passed);
    if (due.after <= passed) {
      write(files, note, `${due.hold} ${clock.now()}`);
      return due.hold > 0 ? 0 : 1;
    }
    if (asked !== undefined) return EXIT_CODES.SIGNALED.code + asked;
    await bell.wait(Math.min(due.after - passed, covered ? POLL.watched : POLL.unwatched));
  }
}

/**
 * What to answer, and when: milliseconds from the begin.
 *
 * @param known - what whoever asks knows, and how old that was at the begin; `undefined`: perhaps nothing
 */
function dueAnswer(known: Known | undefined, hold: Hold, passed: number): { hold: Hold; after: number } {
  if (known === undefined) return { hold, after: 0 };
  if (known.hold === hold) return { hold, after: AGAIN };
  // Another hold than the last one: that one is over.
  if (known.hold > 0) return { hold: 0, after: passed };
  return { hold, after: Math.max(passed, APART - known.age) };
}

interface Known {
  hold: Hold;
  /** Milliseconds. */
  age: number;
}

/**
 * What whoever asks knows already. To a kubelet no container is ready at first.
 *
 * @param note - what the file holds, if it is there
 * @example lastAnswer('2 1700000000000', 1700000001000) // { hold: 2, age: 1000 }
 */
function lastAnswer(note: string | undefined, now: number): Known | undefined {
  if (note === undefined) return { hold: 0, age: Infinity };
  const [, hold, at] = /^(\d{1,3}) (\d{1,15})$/.exec(note) ?? [];
  const age = now - Number(at);
  // Not one that was asked and has not answered: whoever asked it is gone.
  return age >= 0 && age <= KNOWN ? { hold: Number(hold), age } : undefined;
}

/** The hold of which the agent says that it is one. A command may have written anything there. */
function holdIn(text: string | undefined): Hold {
  if (text === undefined) return 0;
  const [, number] = /"number":([1-9]\d{0,2}),/.exec(text) ?? [];
  return Number(number ?? 1);
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
