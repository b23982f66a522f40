import type { Clock } from "#ports/clock.ts";

interface Sleeper {
  readonly dueAt: number;
  readonly order: number;
  wake(): void;
}

/**
 * A clock that moves only when told.
 *
 * `advance` wakes sleepers in the order they are due, letting everything each of them starts run before the next
 * wakes, so a test sees the same order on every machine.
 */
export class FakeClock implements Clock {
  #nowMs = 0;
  #wallMs: number;
  #order = 0;
  #sleepers: Sleeper[] = [];

  constructor(wallMs = Date.UTC(2026, 10, 20, 12, 0, 0)) {
    this.#wallMs = wallMs;
  }

  now(): number {
    return this.#nowMs;
  }

  wallMs(): number {
    return this.#wallMs;
  }

  /** Sleepers that have not woken yet; zero after a clean shutdown. */
  get sleeping(): number {
    return this.#sleepers.length;
  }

  /** Move the calendar without any monotonic time passing, as NTP does. */
  jumpWall(ms: number): void {
    this.#wallMs += ms;
  }

  sleep(ms: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal.aborted) {
        reject(signal.reason);
        return;
      }
      const onAbort = () => {
        this.#sleepers = this.#sleepers.filter((other) => other !== sleeper);
        reject(signal.reason);
      };
      const sleeper: Sleeper = {
        dueAt: this.#nowMs + Math.max(0, ms),
        order: this.#order++,
        wake: () => {
          signal.removeEventListener("abort", onAbort);
          resolve();
        },
      };
      signal.addEventListener("abort", onAbort, { once: true });
      this.#sleepers.push(sleeper);
    });
  }

  /** Let `ms` milliseconds pass. */
  async advance(ms: number): Promise<void> {
    const target = this.#nowMs + ms;
    await this.settle();
    for (;;) {
      const next = this.#sleepers
        .filter((sleeper) => sleeper.dueAt <= target)
        .sort((a, b) => a.dueAt - b.dueAt || a.order - b.order)[0];
      if (!next) break;
      this.#sleepers = this.#sleepers.filter((other) => other !== next);
      this.#moveTo(Math.max(this.#nowMs, next.dueAt));
      next.wake();
      await this.settle();
    }
    this.#moveTo(target);
  }

  /** Let everything that is ready run, without any time passing. */
  async settle(): Promise<void> {
    // Each turn of the real event loop runs every microtask that is ready, however long the chain.
    for (let i = 0; i < 2; i++) await new Promise((resolve) => setImmediate(resolve));
  }

  #moveTo(nowMs: number): void {
    this.#wallMs += nowMs - this.#nowMs;
    this.#nowMs = nowMs;
  }
}
