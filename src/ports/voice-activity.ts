import type { PcmFrame } from "#core/pcm.ts";

/** One stream of a voice-activity engine, inside the engine host: synchronous and single-threaded. */
export interface VoiceActivityStream extends Disposable {
  /**
   * Analyse one frame.
   *
   * Returns the probability of speech, 0..1, each time an analysis window is complete, and `undefined` while the
   * window fills or the detector warms up. Undefined means "unknown", never silence.
   */
  push(frame: PcmFrame): number | undefined;
  /** Forget the past. */
  reset(): void;
}

/** Tells speech from everything else, frame by frame. */
export interface VoiceActivity extends Disposable {
  readonly name: string;
  open(): VoiceActivityStream;
}
