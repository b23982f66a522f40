/** One message of a conversation. */
export interface ModelMessage {
  readonly role: "user" | "assistant";
  readonly text: string;
}

/** What the model is asked. */
export interface ModelRequest {
  /** Standing instructions; the stable prefix. */
  readonly system: string;
  /** Oldest first; the last one is the user's. Never empty. */
  readonly messages: readonly ModelMessage[];
  /** Upper bound on the reply, in tokens. */
  readonly maxTokens: number;
}

/** A piece of the model's reply. */
export type ModelPart =
  | { readonly kind: "text-delta"; readonly text: string }
  | {
      readonly kind: "end";
      readonly reason: "complete" | "max-tokens" | "refusal";
      readonly inputTokens: number;
      readonly outputTokens: number;
    };

/**
 * A language model that streams its reply.
 *
 * A reply that ended well is closed by exactly one `end` part; a stream that stops without it has failed, however
 * quietly. On abort the iteration rejects with the signal's reason and the request is cancelled upstream.
 *
 * @throws {EngineError} when the model cannot be reached or fails half-way.
 */
export interface LanguageModel {
  readonly name: string;
  reply(request: ModelRequest, options: { readonly signal: AbortSignal }): AsyncIterable<ModelPart>;
}
