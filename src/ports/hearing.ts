import type { PcmFrame } from "#core/pcm.ts";
import type { WakeDetection, WakePhrase } from "#ports/wake-word.ts";

/** How likely somebody is speaking in one analysis window. */
export interface VoiceScore {
  /** Probability of speech, 0..1. */
  readonly score: number;
  /** Index of the first sample after the analysed window, on the session's own count. */
  readonly endSample: number;
}

/** What one satellite's ear reports. Callbacks run on the hub's thread and must not block. */
export interface EarListener {
  /**
   * A window was analysed: about one call every 32 ms of audio.
   *
   * Until the detector has warmed up there is *no* call: absence means "unknown", never silence.
   */
  onVoice(score: VoiceScore): void;
  /** A wake phrase was heard. The same utterance is reported once. */
  onWake(detection: WakeDetection): void;
}

/** One satellite's always-on ear. */
export interface Ear {
  /**
   * Hand over one frame. Never blocks and never throws.
   *
   * `firstSample` is the index of the frame's first sample on the session's rising count; detections are
   * reported on that count. When the engine falls behind by more than two seconds, frames are dropped and
   * counted rather than queued.
   */
  push(frame: PcmFrame, firstSample: number): void;
  /** Listen for other phrases from the next frame on; an empty list listens for none and saves the work. */
  setPhrases(phrases: readonly WakePhrase[]): void;
  /** Frames lost because the engine was behind or restarting. */
  readonly droppedFrames: number;
}

/**
 * The always-on part of hearing: voice activity and wake phrases, for many satellites at once.
 *
 * An ear survives a crash of the engine behind it: it stays silent while the engine restarts and then goes on.
 */
export interface Hearing {
  readonly name: string;
  /** Open an ear that lives until `signal` aborts. */
  open(options: {
    /** Names the ear in diagnostics. */
    readonly satelliteId: string;
    readonly phrases: readonly WakePhrase[];
    readonly listener: EarListener;
    readonly signal: AbortSignal;
  }): Ear;
}
