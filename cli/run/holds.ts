/** Which steps of a run are held, and what they are told: as the controller does it in a cluster. */
import { watch } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { UsageError } from '../../shared/turn/errors.ts';
import {
  giveResume,
  HELD_FILE,
  HOLDS,
  impossible,
  NO_RESUMES,
  ResumeError,
  type HoldKind,
  type ResumeAction,
} from '../../shared/turn/resume.ts';
import { type Report } from './events.ts';
import { writeResumes, type Layout } from './layout.ts';
import { type LocalStep } from './plan.ts';

/** A step that is held, and was not told how it goes on. */
export interface Held {
  step: string;
  /** The step's. */
  number: number;
  kind: HoldKind;
  /** From 1: which of the step's holds this is. */
  hold: number;
  /** RFC 3339. */
  since: string;
}

export interface Resume {
  /** By its name; `undefined`: all that are held. */
  step?: string | undefined;
  action: ResumeAction;
}

/** Milliseconds. Behind every watch there is a poll. */
const POLL = 500;

export class Holds {
  readonly #task: string;
  readonly #layout: Layout;
  readonly #steps: readonly LocalStep[];
  readonly #report: Report;
  readonly #held = new Map<number, Held>();
  readonly #begun = new Set<number>();
  readonly #over = new Set<number>();
  /** What is taken back at the end. */
  readonly #ends: (() => void)[] = [];
  #given = NO_RESUMES;
  #last: Promise<unknown> = Promise.resolve();

  /** Begins to look at the steps that can be held. */
  constructor(plan: { task: string; steps: readonly LocalStep[] }, layout: Layout, report: Report) {
    this.#task = plan.task;
    this.#layout = layout;
    this.#steps = plan.steps;
    this.#report = report;
    for (const step of plan.steps.filter(isPausable)) {
      const look = (): void => void this.#look(step);
      const watcher = watch(layout.files(step.number).own, look).on('error', () => watcher.close());
      const timer = setInterval(look, POLL);
      this.#ends.push(() => {
        watcher.close();
        clearInterval(timer);
      });
    }
  }

  /** Those that are held now. */
  get held(): readonly Held[] {
    return [...this.#held.values()].filter(({ number, hold }) => this.#countOf(number) < hold);
  }

  /**
   * Lets held steps go on, one after the other who asks for it, and says which.
   *
   * @throws {UsageError} when nothing is held that could
   */
  async resume(asked: Resume): Promise<readonly Held[]> {
    const done = this.#last.then(async () => this.#give(asked));
    this.#last = done.catch(() => undefined);
    return done;
  }

  /** Nobody hears that a step is held before it was said that it runs. */
  begun(number: number): void {
    this.#begun.add(number);
    const step = this.#steps[number - 1];
    if (step !== undefined && isPausable(step)) void this.#look(step);
  }

  /** A step that is over is held no more, whatever its agent left. */
  over(number: number): void {
    this.#over.add(number);
    this.#held.delete(number);
  }

  close(): void {
    for (const end of this.#ends) end();
  }

  #countOf(number: number): number {
    return this.#given.steps.get(number)?.length ?? 0;
  }

  async #give({ step, action }: Resume): Promise<readonly Held[]> {
    // A watch may be late.
    await Promise.all(this.#steps.filter(isPausable).map(async (each) => this.#look(each)));
    const held = this.held.filter((each) => step === undefined || each.step === step);
    const known = this.#steps.find(({ name }) => name === step);
    if (held.length === 0) throw new UsageError(this.#nothing(step, known));
    const why = held.map(({ step: name, kind }) => ({ name, no: impossible(action, kind) }));
    for (const { name, no } of why)
      if (no !== undefined) throw new UsageError(`${action} of step ${name}: ${no}`);
    try {
      this.#given = held.reduce(
        (given, { number }) => giveResume(given, number, { action, by: `uid ${process.getuid?.() ?? 0}` }),
        this.#given,
      );
    } catch (error) {
      throw error instanceof ResumeError ? new UsageError(error.message) : error;
    }
    // Before anything of what comes of it.
    for (const { step: name, number, kind, hold } of held)
      void this.#report({ type: 'StepResumed', task: this.#task, step: name, number, kind, hold, action });
    await writeResumes(this.#layout, this.#given);
    return held;
  }

  #nothing(step: string | undefined, known: LocalStep | undefined): string {
    const others = this.held.map((each) => each.step);
    const now = others.length === 0 ? 'no step is held now' : `held now: ${others.join(', ')}`;
    if (step === undefined) return now;
    if (known === undefined) return `Task ${this.#task} has no step ${JSON.stringify(step)}; ${now}`;
    return `step ${step} is not held${isPausable(known) ? '' : ' and cannot be, as it has no "pause"'}; ${now}`;
  }

  async #look(step: LocalStep): Promise<void> {
    const found = await readHeld(this.#layout.files(step.number).own);
    if (this.#over.has(step.number) || !this.#begun.has(step.number)) return;
    if (found === undefined) return void this.#held.delete(step.number);
    const { number: hold, kind, since } = found;
    if (this.#held.get(step.number)?.hold === hold) return;
    const held = { step: step.name, number: step.number, kind, hold, since };
    this.#held.set(step.number, held);
    if (this.#countOf(step.number) >= hold) return;
    void this.#report({ type: 'StepHeld', task: this.#task, ...held, run: this.#layout.root });
  }
}

/** Whether a step can be held at all. */
export function isPausable({ limits: { pause } }: Pick<LocalStep, 'limits'>): boolean {
  return pause !== undefined && pause.length > 0;
}

/** What the agent says; a command may have written anything there. */
async function readHeld(own: string): Promise<{ number: number; kind: HoldKind; since: string } | undefined> {
  try {
    const {
      number,
      kind: word,
      since,
    }: Record<string, unknown> = JSON.parse(await readFile(join(own, HELD_FILE), 'utf8'));
    const kind = HOLDS.find((each) => each === word);
    if (kind === undefined || !Number.isSafeInteger(number) || Number.isNaN(Date.parse(String(since))))
      return undefined;
    return { number: Number(number), kind, since: new Date(String(since)).toISOString() };
  } catch {
    return undefined;
  }
}
