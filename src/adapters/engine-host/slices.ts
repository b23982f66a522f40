import type { Clock } from "#ports/clock.ts";

/**
 * Longest stretch of work between two turns of the event loop, in ms.
 *
 * Within it the host answers no ping and reads no pipe, and native finalisers do not run: a recogniser that is
 * driven without event-loop turns grows by hundreds of MB. 8 ms is below half a frame, so nobody waits noticeably.
 */
const SLICE_MS = 8;

/** Shares one thread fairly: work asks `due` after every frame and lets others in when its slice is over. */
export class Slices {
  readonly #clock: Clock;
  #startedAt: number;
  #turn: Promise<void> | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#startedAt = clock.now();
  }

  /** Whether the current slice is over. */
  get due(): boolean {
    return this.#clock.now() - this.#startedAt >= SLICE_MS;
  }

  /** Wait for the next turn of the event loop; all who wait continue in the order they came. */
  next(): Promise<void> {
    this.#turn ??= new Promise((resolve) => {
      setImmediate(() => {
        this.#turn = undefined;
        this.#startedAt = this.#clock.now();
        resolve();
      });
    });
    return this.#turn;
  }
}
