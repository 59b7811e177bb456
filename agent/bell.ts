import { type Clock } from './platform.ts';

/**
 * One bell for everything that may have changed. A ring is never lost: one that comes before anybody waits makes
 * the next wait end at once.
 */
export class Bell {
  readonly #clock: Clock;
  #rung = false;
  #wake: (() => void) | undefined;

  /** Rings. A field, so that it can be handed out as a callback. */
  readonly ring = (): void => {
    this.#rung = true;
    this.#wake?.();
  };

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Ends when the bell has rung since the last wait, or after `ms` milliseconds. */
  async wait(ms: number): Promise<void> {
    if (!this.#rung) {
      await new Promise<void>((wake) => {
        const cancel = this.#clock.timer(ms, wake);
        this.#wake = () => {
          cancel();
          wake();
        };
      });
      this.#wake = undefined;
    }
    this.#rung = false;
  }
}
