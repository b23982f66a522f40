/** A voice an engine offers. */
export interface Voice {
  readonly id: string;
  /** BCP 47 language tag. */
  readonly language: string;
  readonly name: string;
}

/**
 * Text to speech.
 *
 * `speak` yields 16 kHz mono int16 chunks of any length, in order, as early as the engine can. The caller owns
 * each chunk. Whitespace-only text yields nothing. An engine serves several calls at once, though it may work
 * through them one after the other.
 *
 * On abort the iteration rejects with the signal's reason; audio not yet made is never made.
 *
 * @throws {EngineError} when the engine fails, also half-way; `rejected` for a voice it does not have.
 */
export interface TextToSpeech {
  readonly name: string;
  speak(
    text: string,
    options: { readonly signal: AbortSignal; readonly voice?: string },
  ): AsyncIterable<Int16Array>;
  voices(): Promise<readonly Voice[]>;
}
