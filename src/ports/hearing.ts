import type { PcmFrame } from "#core/pcm.ts";
import type { CommandVocabulary } from "#core/transducer/token-grammar.ts";
import type { WakeScore } from "#ports/hearing-engine.ts";
import type { SttPart } from "#ports/speech-to-text.ts";
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
  /**
   * How near the phrases came, whether or not one woke: about three calls a second while any are listened for.
   *
   * For showing an owner what the hub hears; only from engines that can tell.
   */
  onWakeScore?(score: WakeScore): void;
}

/**
 * An utterance on an ear: parts as `SpeechToText.transcribe` yields them, exactly one `final` last.
 *
 * One consumer. Iteration rejects with the signal's reason on abort, and throws {EngineError} when the engine
 * fails or the ear closes; `crashed` is retryable with the same audio, through a `SpeechToText`.
 */
export interface EarUtterance extends AsyncIterable<SttPart> {
  /** No more audio belongs to it: what was pushed before counts, the final part follows. */
  finish(): void;
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
  /**
   * Read as speech what the ear hears from a sample on that may lie up to four seconds back, until `finish`.
   *
   * The frames pushed are the audio: nothing is sent or computed twice. What is older than four seconds is left
   * out. Undefined when the engine behind the ear cannot, or is not there now: a `SpeechToText` must do it.
   */
  utterance?(options: {
    readonly fromSample: number;
    readonly signal: AbortSignal;
    /** BCP 47; an engine for another language refuses with `rejected`. */
    readonly language?: string;
  }): EarUtterance | undefined;
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
  /**
   * The commands that utterances begun from now on are read as; kept over restarts of the engine.
   *
   * An engine that reads no commands ignores them. A grammar at fault is logged, and the one before stays.
   */
  setVocabulary?(vocabulary: CommandVocabulary): void;
  /** Open an ear that lives until `signal` aborts. */
  open(options: {
    /** Names the ear in diagnostics. */
    readonly satelliteId: string;
    readonly phrases: readonly WakePhrase[];
    readonly listener: EarListener;
    readonly signal: AbortSignal;
  }): Ear;
}
