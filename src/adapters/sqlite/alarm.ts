import type { Clock } from "#ports/clock.ts";

/** Calls `ring` once, at the earliest of the times it was set to; then it can be set again. */
export class Alarm {
  readonly #clock: Clock;
  readonly #ring: () => void;
  #timer = new AbortController();
  #dueAt = Number.POSITIVE_INFINITY;
  #stopped = false;

  constructor(clock: Clock, ring: () => void) {
    this.#clock = clock;
    this.#ring = ring;
  }

  /** Ring in `ms` milliseconds, unless it rings sooner anyway. */
  set(ms: number): void {
    const dueAt = this.#clock.now() + ms;
    if (this.#stopped || this.#dueAt <= dueAt) return;
    this.#timer.abort();
    this.#timer = new AbortController();
    this.#dueAt = dueAt;
    this.#clock.sleep(ms, this.#timer.signal).then(
      () => {
        this.#dueAt = Number.POSITIVE_INFINITY;
        this.#ring();
      },
      () => undefined, // set to an earlier time, or stopped
    );
  }

  /** Ring no more. */
  stop(): void {
    this.#stopped = true;
    this.#timer.abort();
  }
}
