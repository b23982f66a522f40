import { type Conditions, noConditions } from "./faults.ts";
import type { Microphone } from "./microphone.ts";
import { type SimClock, seededRandom } from "./sim-clock.ts";

/** Bytes of one millisecond of s16le mono at 16 kHz. */
const BYTES_PER_MS = 32;
/** When the machine slept longer than this, sound is skipped as a full microphone ring skips it. */
const MAX_LATE_MS = 1000;

/**
 * Carries the microphone to the link in real time.
 *
 * Chunk n is due at start + n × its length, an absolute deadline, so lateness never adds up. Conditions (loss,
 * jitter, …) act on whole chunks. `send` is synchronous. Runs until the signal aborts, leaving no timer.
 */
export class Uplink {
  readonly #microphone: Microphone;
  readonly #clock: SimClock;
  readonly #chunkBytes: number;
  readonly #speed: number;
  readonly #send: (chunk: Uint8Array) => void;
  readonly #random: () => number;
  #conditions: Conditions = noConditions();
  #held: { dueMs: number; chunk: Uint8Array }[] = [];
  #swapped: Uint8Array | undefined;
  #nextMs = 0;
  #chunks = 0;
  #lost = 0;
  #skippedMs = 0;

  constructor(options: {
    readonly microphone: Microphone;
    readonly clock: SimClock;
    /** Bytes of one chunk, also odd ones. */
    readonly chunkBytes: number;
    /** 1 is real time, 4 is four times as fast. */
    readonly speed: number;
    readonly seed: number;
    readonly send: (chunk: Uint8Array) => void;
  }) {
    this.#microphone = options.microphone;
    this.#clock = options.clock;
    this.#chunkBytes = options.chunkBytes;
    this.#speed = options.speed;
    this.#send = options.send;
    this.#random = seededRandom(options.seed);
  }

  /** Chunks made since the start, lost ones included. */
  get chunks(): number {
    return this.#chunks;
  }
  /** Chunks lost on purpose. */
  get lost(): number {
    return this.#lost;
  }
  /** Milliseconds of sound skipped because the machine was too slow. */
  get skippedMs(): number {
    return this.#skippedMs;
  }

  setConditions(conditions: Conditions): void {
    this.#conditions = { ...conditions };
  }

  /** Carry until `signal` aborts; resolves then. */
  async run(signal: AbortSignal): Promise<void> {
    this.#nextMs = this.#clock.now() + this.#periodMs;
    try {
      while (!signal.aborted) {
        const dueMs = Math.min(this.#nextMs, this.#held[0]?.dueMs ?? Number.POSITIVE_INFINITY);
        await this.#clock.sleep(Math.max(0, dueMs - this.#clock.now()), signal);
        this.#tick(this.#clock.now());
      }
    } catch (cause) {
      if (!signal.aborted) throw cause;
    }
  }

  get #periodMs(): number {
    return this.#chunkBytes / BYTES_PER_MS / this.#speed / (1 + this.#conditions.driftPpm / 1e6);
  }

  #tick(nowMs: number): void {
    const lateMs = nowMs - this.#nextMs;
    if (lateMs > MAX_LATE_MS) {
      this.#skippedMs += lateMs;
      this.#nextMs = nowMs;
    }
    while (this.#nextMs <= nowMs) {
      this.#chunk(this.#nextMs);
      this.#nextMs += this.#periodMs;
    }
    while ((this.#held[0]?.dueMs ?? Number.POSITIVE_INFINITY) <= nowMs) {
      const held = this.#held.shift();
      if (held) this.#send(held.chunk);
    }
  }

  #chunk(dueMs: number): void {
    const chunk = this.#microphone.next(this.#chunkBytes);
    this.#chunks += 1;
    if (this.#strikes(this.#conditions.lossRatio)) {
      this.#lost += 1;
      return;
    }
    if (this.#swapped) {
      const earlier = this.#swapped;
      this.#swapped = undefined;
      this.#hold(chunk, dueMs);
      this.#hold(earlier, dueMs);
    } else if (this.#strikes(this.#conditions.reorderRatio)) {
      this.#swapped = chunk;
    } else {
      this.#hold(chunk, dueMs);
      if (this.#strikes(this.#conditions.duplicateRatio)) this.#hold(chunk, dueMs);
    }
  }

  #hold(chunk: Uint8Array, dueMs: number): void {
    const delayMs = this.#conditions.jitterMs === 0 ? 0 : this.#random() * this.#conditions.jitterMs;
    if (delayMs === 0 && this.#held.length === 0) {
      this.#send(chunk);
      return;
    }
    this.#held.push({ chunk, dueMs: Math.max(dueMs + delayMs, this.#held.at(-1)?.dueMs ?? 0) });
  }

  /** A ratio of 0 takes no random number, so that one fault does not change another's course. */
  #strikes(ratio: number): boolean {
    return ratio > 0 && this.#random() < ratio;
  }
}
