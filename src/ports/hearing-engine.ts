import type { CommandVocabulary } from "#core/transducer/token-grammar.ts";
import type { SttPart } from "./speech-to-text.ts";
import type { WakePhrase, WakeWord, WakeWordStream } from "./wake-word.ts";

/** How near a wake phrase came. */
export interface WakeScore {
  readonly phrase: string;
  /** As `WakeDetection.score`. */
  readonly score: number;
  /** The score from which the phrase wakes at its sensitivity, 0..1; 0.5 at sensitivity 0.5. */
  readonly threshold: number;
  /** First sample after what was looked at, on the session's count. */
  readonly endSample: number;
}

/** An utterance on a hearing stream: what is said from some sample on, read as it comes. */
export interface UtteranceStream extends Disposable {
  /** What is new since the last call; undefined when nothing is. */
  next(): Extract<SttPart, { kind: "interim" }> | undefined;
  /** No more audio belongs to it. Everything pushed so far counts. The stream is over then. */
  finish(): Extract<SttPart, { kind: "final" }>;
}

/** One satellite's stream of a hearing engine: synchronous and single-threaded, as all engines in the host. */
export interface HearingStream extends WakeWordStream {
  /**
   * Listen for other phrases from the next frame on, without forgetting what was heard.
   *
   * @throws {EngineError} `rejected` when one cannot be spelled; those before stay.
   */
  setPhrases(phrases: readonly WakePhrase[]): void;
  /** The phrase that came nearest since the last call; undefined when none was looked for. */
  wakeScore(): WakeScore | undefined;
  /** Tell the stream what the voice-activity detector says of the audio up to `endSample`. */
  voice(score: number, endSample: number): void;
  /**
   * Begin an utterance at a sample that may lie up to four seconds back.
   *
   * What is older, or was never pushed, is left out.
   */
  utterance(fromSample: number): UtteranceStream;
}

/**
 * Hears whole: wake phrases, transcript, commands and their end, in one pass over the audio.
 *
 * @throws {EngineError} `rejected` from `open` when a phrase cannot be spelled; the message names the phrase.
 */
export interface HearingEngine extends WakeWord {
  open(phrases: readonly WakePhrase[]): HearingStream;
  /**
   * The commands utterances begun from now on are read as.
   *
   * Returns the words that cannot be heard because the engine cannot spell them.
   *
   * @throws {EngineError} `rejected` when the grammar is at fault; the one before stays.
   */
  setVocabulary(vocabulary: CommandVocabulary): readonly string[];
}
