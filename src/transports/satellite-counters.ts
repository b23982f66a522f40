import { SAMPLE_RATE_HZ } from "#core/pcm.ts";
import type { Clock } from "#ports/clock.ts";
import type { SatelliteStatus } from "#ports/satellite.ts";

/** What one connection has carried and suffered; the numbers behind `SatelliteStatus`. */
export class SatelliteCounters {
  readonly #clock: Clock;
  readonly #connectedAt: number;
  #lastActivityMs: number | undefined;
  #errors = 0;
  #lastError: string | undefined;
  #chunksIn = 0;
  #bytesIn = 0;
  #chunksOut = 0;
  #bytesOut = 0;
  #rejected = 0;
  /** When everything sent will have been played, on the clock's monotonic time. */
  #playedOutAt = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#connectedAt = clock.now();
  }

  active(): void {
    this.#lastActivityMs = this.#clock.wallMs();
  }

  heard(bytes: number): void {
    this.#chunksIn += 1;
    this.#bytesIn += bytes;
    this.active();
  }

  /** Count a chunk handed to the socket. A speaker plays from when it gets the first, one after the other. */
  played(bytes: number): void {
    this.#chunksOut += 1;
    this.#bytesOut += bytes;
    const durationMs = (bytes * 1000) / (SAMPLE_RATE_HZ * 2);
    this.#playedOutAt = Math.max(this.#clock.now(), this.#playedOutAt) + durationMs;
    this.active();
  }

  /** The speaker is silent now, because it said so or was told to be. */
  silent(): void {
    this.#playedOutAt = 0;
  }

  /** Count a message that was not understood. `problem` must not quote it. Returns how many there were. */
  rejected(problem: string): number {
    this.#rejected += 1;
    this.failed(problem);
    return this.#rejected;
  }

  failed(error: string): void {
    this.#errors += 1;
    this.#lastError = error;
  }

  snapshot(state: { connected: boolean; streaming: boolean; speaking: boolean }): SatelliteStatus {
    const playing = state.speaking || this.#clock.now() < this.#playedOutAt;
    return {
      is_connected: state.connected,
      audio_streaming: state.connected && state.streaming,
      audio_playing: state.connected && playing,
      last_activity: this.#lastActivityMs === undefined ? null : this.#lastActivityMs / 1000,
      error_count: this.#errors,
      last_error: this.#lastError ?? null,
      statistics: {
        audio_chunks_received: this.#chunksIn,
        audio_chunks_played: this.#chunksOut,
        total_audio_bytes_in: this.#bytesIn,
        total_audio_bytes_out: this.#bytesOut,
        messages_rejected: this.#rejected,
        connection_time: (this.#clock.now() - this.#connectedAt) / 1000,
      },
    };
  }
}
