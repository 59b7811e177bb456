/** What the agents of a run are told: the order, and which steps are over without a word of their own. */
import { UsageError } from '../../shared/turn/errors.ts';
import { QUIT } from '../../shared/turn/order.ts';
import { type Outcome } from '../../shared/turn/outcome.ts';
import { type OverStep, type TaskOutcome } from '../../shared/turn/over.ts';
import { writeOrder, writeOver, type Layout } from './layout.ts';
import { type Lifeline } from './lifeline.ts';

export class Orders {
  /** As in a pod: the first step is released from the start, the others by hand-off. */
  order = 1;
  readonly #layout: Layout;
  readonly #lifeline: Lifeline;
  readonly #steps = new Map<number, OverStep>();
  #outcome: TaskOutcome | undefined;
  #writing: Promise<void> = Promise.resolve();

  constructor(layout: Layout, lifeline: Lifeline) {
    this.#layout = layout;
    this.#lifeline = lifeline;
  }

  /** @throws {UsageError} when there is no room for it */
  async begin(): Promise<void> {
    await writeOrder(this.#layout, this.order);
  }

  /** Lets no further step begin, and stops those that run; not those of `finally`, which are told what became of the Task. */
  async quit(outcome: TaskOutcome): Promise<void> {
    this.order = QUIT;
    this.#outcome ??= outcome;
    await this.#write(true);
  }

  /** Says how a step ended that posted no outcome. */
  async tell({ number, outcome, exitCode }: Outcome): Promise<void> {
    this.#steps.set(number, { outcome, exitCode });
    await this.#write(false);
  }

  /** One after the other: what is written last stays. */
  async #write(quits: boolean): Promise<void> {
    this.#writing = this.#writing.then(async () => {
      try {
        const outcome = this.#outcome;
        await writeOver(this.#layout, { steps: this.#steps, ...(outcome !== undefined && { outcome }) });
        if (quits) await writeOrder(this.#layout, QUIT);
      } catch (error) {
        if (!(error instanceof UsageError)) throw error;
        // No room on the disk, or no directory any more: the agents hear it in another way.
        this.#lifeline.cut();
      }
    });
    await this.#writing;
  }
}
