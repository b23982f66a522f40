import { BURST_GAP_MS, PlaybackBuffer, type PlayedListener } from "./playback-buffer.ts";
import type { SimClock } from "./sim-clock.ts";

/** How often a playing satellite says where it is (the satellite link's `playback_position`). */
const POSITION_PERIOD_MS = 100;
/** Longest time between two looks at the buffer: one 20 ms DMA block. */
const STEP_MS = 20;

/** What a speaker has to report, in the order it happened. */
export type SpeakerReport =
  | { readonly kind: "audio-start"; readonly turn: string | undefined }
  | { readonly kind: "position"; readonly turn: string; readonly samples: number }
  | { readonly kind: "turn-played"; readonly turn: string; readonly samples: number }
  | { readonly kind: "underrun"; readonly gapMs: number }
  | { readonly kind: "overrun"; readonly bytes: number }
  /** Silence again: everything was played, or it was stopped. */
  | { readonly kind: "audio-end"; readonly stopped: boolean };

/**
 * A playback buffer that plays by a clock and reports.
 *
 * Nothing runs while it is silent. `report` is called synchronously and must not block. An abort of `signal`
 * stops it without a report.
 */
export class Speaker {
  readonly buffer: PlaybackBuffer;
  readonly #clock: SimClock;
  readonly #signal: AbortSignal;
  readonly #report: (report: SpeakerReport) => void;
  #running = false;
  #audible = false;
  #quietSinceMs = 0;
  #nextPositionMs = 0;
  #underruns = 0;
  readonly #announced = new Set<string>();

  constructor(options: {
    readonly capacityMs: number;
    readonly clock: SimClock;
    readonly signal: AbortSignal;
    readonly onPlayed: PlayedListener;
    readonly report: (report: SpeakerReport) => void;
  }) {
    this.buffer = new PlaybackBuffer(options.capacityMs, options.onPlayed);
    this.#clock = options.clock;
    this.#signal = options.signal;
    this.#report = options.report;
  }

  /** Whether sound is coming out or about to. */
  get audible(): boolean {
    return this.#audible;
  }

  begin(turn: string): void {
    this.#announced.add(turn);
    this.buffer.begin(turn);
  }

  end(turn: string): void {
    this.buffer.end(turn);
    this.#look();
  }

  push(bytes: Uint8Array): void {
    const nowMs = this.#clock.now();
    const lost = this.buffer.push(bytes, nowMs);
    if (lost > 0) this.#report({ kind: "overrun", bytes: lost });
    for (const { gapMs } of this.buffer.underruns.slice(this.#underruns)) {
      this.#report({ kind: "underrun", gapMs });
    }
    this.#underruns = this.buffer.underruns.length;
    if (!this.#audible && this.buffer.bufferedSamples > 0) {
      this.#audible = true;
      this.#nextPositionMs = nowMs + POSITION_PERIOD_MS;
      this.#report({ kind: "audio-start", turn: this.buffer.playingTurn });
    }
    if (!this.#running && this.#audible) void this.#run();
  }

  /** Fall silent at once. A turn that was playing gets its last position, and no `turn-played`. */
  stop(): void {
    const nowMs = this.#clock.now();
    this.#look();
    for (const turn of this.#announced) {
      this.#report({ kind: "position", turn, samples: this.buffer.positionOf(turn) });
    }
    this.#announced.clear();
    this.buffer.clear(nowMs);
    this.#silent(true);
  }

  /** Lose power: silent at once, and nothing is reported. */
  reset(): void {
    this.buffer.clear(this.#clock.now());
    this.#announced.clear();
    this.#audible = false;
  }

  #silent(stopped: boolean): void {
    if (!this.#audible) return;
    this.#audible = false;
    this.#report({ kind: "audio-end", stopped });
  }

  /** Advance the buffer to now and report what happened. */
  #look(): void {
    const nowMs = this.#clock.now();
    if (this.buffer.bufferedSamples > 0) this.#quietSinceMs = this.buffer.dryAtMs ?? nowMs;
    for (const over of this.buffer.advance(nowMs)) {
      this.#announced.delete(over.turn);
      this.#report({ kind: "position", ...over });
      this.#report({ kind: "turn-played", ...over });
      if (this.buffer.bufferedSamples === 0) this.#silent(false);
    }
    const turn = this.buffer.playingTurn;
    if (turn !== undefined && nowMs >= this.#nextPositionMs) {
      this.#report({ kind: "position", turn, samples: this.buffer.positionOf(turn) });
      while (this.#nextPositionMs <= nowMs) this.#nextPositionMs += POSITION_PERIOD_MS;
    }
    const quiet = this.buffer.bufferedSamples === 0 && nowMs - this.#quietSinceMs >= BURST_GAP_MS;
    if (quiet && this.#announced.size === 0) this.#silent(false);
  }

  async #run(): Promise<void> {
    this.#running = true;
    try {
      while (this.#audible && !this.#signal.aborted) {
        const nowMs = this.#clock.now();
        const untilDryMs = (this.buffer.dryAtMs ?? Number.POSITIVE_INFINITY) - nowMs;
        await this.#clock.sleep(Math.min(STEP_MS, Math.max(untilDryMs, 0.5)), this.#signal);
        this.#look();
      }
    } catch (cause) {
      if (!this.#signal.aborted) throw cause;
    } finally {
      this.#running = false;
    }
  }
}
