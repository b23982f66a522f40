import type { HeardCommand } from "#ports/speech-to-text.ts";

/** An utterance on its way to the assistant. */
export interface CoreRequest {
  readonly turnId: string;
  readonly sessionId: string;
  readonly satelliteId: string;
  /** The room the satellite stands in, when known. */
  readonly room: string | undefined;
  /** What was said or typed; never empty. */
  readonly text: string;
  /** The command a recogniser read from the sound itself, however unlikely. */
  readonly command?: HeardCommand | undefined;
}

/** Something the assistant wants done by the session that asked. */
export type CoreEffect =
  /** Stop what is playing and end the turn without a word. */
  | { readonly kind: "stop" }
  /** Set the satellite's volume, 0..1. */
  | { readonly kind: "set-volume"; readonly level: number }
  /** Raise or lower the satellite's volume by a step, -1..1. */
  | { readonly kind: "change-volume"; readonly by: number };

/** What the assistant answers, in order. */
export type CorePart =
  /** Who answers, and why; exactly one, first. */
  | {
      readonly kind: "decision";
      readonly by: "intent" | "model" | "apology";
      /** The intent's name, when `by` is `intent`. */
      readonly intent: string | undefined;
      readonly reason: string;
    }
  | { readonly kind: "effect"; readonly effect: CoreEffect }
  /** Text to be spoken, in pieces of any length; sentences may span pieces. */
  | { readonly kind: "text-delta"; readonly text: string }
  /** The reply is complete; exactly one, last. `asks` is true when an answer is expected. */
  | { readonly kind: "end"; readonly asks: boolean };

/**
 * The assistant: takes an utterance, answers in parts.
 *
 * `process` always ends with an `end` part unless it throws. On abort it rejects with the signal's reason and
 * leaves its own history well-formed; `played` then tells how much of the reply was really heard.
 *
 * @throws {EngineError} when no language model could answer; the caller speaks the apology.
 */
export interface Core {
  process(request: CoreRequest, signal: AbortSignal): AsyncIterable<CorePart>;
  /** Truncate what is remembered of a turn's reply to what the person heard. */
  played(turnId: string, heardText: string): void;
}
