import type { Completeness } from "#core/endpoint.ts";
import type { PcmFrame } from "#core/pcm.ts";

/** One recognised word with its place in the audio handed over. */
export interface HeardWord {
  readonly text: string;
  /** Milliseconds from the first sample handed over to where the word was recognised to begin. */
  readonly startMs: number;
}

/** A command that was read directly from the sound, by a recogniser that knows the house's grammar. */
export interface HeardCommand {
  readonly intent: string;
  /** The words that filled each slot. */
  readonly slots: Readonly<Record<string, string>>;
  /** The command as the grammar writes it, also where the open transcript differs. */
  readonly text: string;
  /**
   * How much likelier the command is than the best open transcript, as a natural logarithm per token.
   *
   * About 0 when both say the same; below -0.5 to be confirmed by other means, below -3 not to be believed.
   */
  readonly llr: number;
}

/** What a recogniser says while and after it listens. */
export type SttPart =
  | {
      readonly kind: "interim";
      /** The whole utterance so far; each replaces the one before. */
      readonly text: string;
      readonly confidence: number;
      readonly words?: readonly HeardWord[];
      /**
       * Said after 200 ms without voice, of everything up to there; it holds until there is voice again. Only from
       * recognisers with a grammar.
       */
      readonly completeness?: Completeness;
    }
  | {
      readonly kind: "final";
      /** The utterance; empty when nothing was understood. */
      readonly text: string;
      /** 0..1 as far as the engine can tell, else 0. */
      readonly confidence: number;
      /** BCP 47, when the engine knows. */
      readonly language?: string;
      readonly words?: readonly HeardWord[];
      /** The likeliest command, however unlikely: `llr` tells. Only from recognisers with a grammar. */
      readonly command?: HeardCommand;
    };

/**
 * Speech to text.
 *
 * Frames are pulled as they arrive; interim parts are yielded when the text changes. When `frames` ends, exactly
 * one `final` part is yielded and the stream is over. A stream that ends without `final` has failed.
 *
 * On abort the iteration rejects with the signal's reason and the engine's resources are freed. An engine serves
 * many utterances at once.
 *
 * @throws {EngineError} when the engine fails; `crashed` is retryable with the same audio.
 */
export interface SpeechToText {
  readonly name: string;
  transcribe(
    frames: AsyncIterable<PcmFrame>,
    options: { readonly signal: AbortSignal; readonly language?: string },
  ): AsyncIterable<SttPart>;
}
