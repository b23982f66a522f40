import type { Clock } from "#ports/clock.ts";

interface Waiting {
  readonly signal: AbortSignal;
  readonly take: () => void;
}

/**
 * Lets those who have much to do work in small steps, one step per turn of the event loop, in the order they asked.
 *
 * However many replay at once, the thread is free for everybody else after each step.
 */
export class Turns {
  readonly #clock: Clock;
  #waiting: Waiting[] = [];
  #running = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Call `step` when it is this one's turn, unless `signal` aborts before. */
  next(signal: AbortSignal, step: () => void): void {
    this.#waiting.push({ signal, take: step });
    if (this.#running) return;
    this.#running = true;
    void this.#run();
  }

  async #run(): Promise<void> {
    const never = new AbortController().signal;
    while (this.#waiting.length > 0) {
      await this.#clock.sleep(0, never);
      this.#waiting = this.#waiting.filter(({ signal }) => !signal.aborted);
      this.#waiting.shift()?.take();
    }
    this.#running = false;
  }
}
