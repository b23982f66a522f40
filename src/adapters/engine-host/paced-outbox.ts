import type { Clock } from "#ports/clock.ts";
import type { HubMessage } from "#protocol/engine-host.ts";
import { MessageBatch } from "#protocol/engine-host-codec.ts";

/**
 * Shortest time between two writes that carry only frames, in ms.
 *
 * One satellite sends a frame every 20 ms and never waits for this; fifty send one every 0.4 ms, and then one write
 * carries a dozen frames. Well below the 10 ms a frame may be delayed.
 */
const PACE_MS = 5;

/**
 * Collects messages for the engine host and writes many at once.
 *
 * `send` leaves with the current run of microtasks. `sendSoon` leaves after the current turn of the event loop, or
 * up to 5 ms later when the last write was that recent. Both keep the order of the calls.
 */
export class PacedOutbox {
  readonly #batch = new MessageBatch();
  readonly #clock: Clock;
  readonly #signal: AbortSignal;
  readonly #write: (bytes: Uint8Array) => void;
  #wroteAt = Number.NEGATIVE_INFINITY;
  #planned: "no" | "soon" | "now" = "no";

  /** Nothing is written after `signal` aborts. */
  constructor(clock: Clock, signal: AbortSignal, write: (bytes: Uint8Array) => void) {
    this.#clock = clock;
    this.#signal = signal;
    this.#write = write;
  }

  send(message: HubMessage): void {
    this.#batch.add(message);
    if (this.#planned === "now") return;
    this.#planned = "now";
    queueMicrotask(this.#flush);
  }

  sendSoon(message: HubMessage): void {
    this.#batch.add(message);
    if (this.#planned !== "no") return;
    this.#planned = "soon";
    const waitMs = this.#wroteAt + PACE_MS - this.#clock.now();
    if (waitMs <= 0) setImmediate(this.#flush);
    else this.#clock.sleep(waitMs, this.#signal).then(this.#flush, () => undefined);
  }

  readonly #flush = () => {
    // A write planned for later finds nothing when an urgent one took everything along.
    if (this.#batch.byteLength === 0 || this.#signal.aborted) return;
    this.#planned = "no";
    this.#wroteAt = this.#clock.now();
    this.#write(this.#batch.take());
  };
}
