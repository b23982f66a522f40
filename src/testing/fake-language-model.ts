import { EngineError } from "#core/faults.ts";
import type { LanguageModel, ModelPart, ModelRequest } from "#ports/language-model.ts";

/** One reply of the script: its text deltas, and what comes after them. */
export interface ScriptedReply {
  readonly deltas: readonly string[];
  readonly ending?:
    | "complete"
    | "refusal"
    | "max-tokens"
    /** The stream stops without an end part, as a broken connection does. */
    | "break-off"
    /** Nothing more comes until the call is aborted. */
    | "hang"
    | EngineError;
}

/**
 * A language model that says what it was told to, one reply per call, and remembers what it was asked.
 *
 * A string in the script is a complete reply of one delta per word. When the script is used up, further calls
 * fail as `unavailable`.
 */
export class FakeLanguageModel implements LanguageModel {
  readonly name = "fake-model";
  /** What was asked, oldest first. */
  readonly requests: ModelRequest[] = [];
  /** Calls that were aborted before they ended. */
  aborted = 0;
  readonly #script: (ScriptedReply | string)[];

  constructor(script: readonly (ScriptedReply | string)[]) {
    this.#script = [...script];
  }

  async *reply(
    request: ModelRequest,
    { signal }: { readonly signal: AbortSignal },
  ): AsyncGenerator<ModelPart, void, undefined> {
    signal.throwIfAborted();
    this.requests.push(structuredClone(request));
    const next = this.#script.shift();
    if (next === undefined) throw new EngineError(this.name, "unavailable", "the script is used up");
    const { deltas, ending = "complete" } =
      typeof next === "string" ? { deltas: next.match(/\S+\s*/gu) ?? [] } : next;
    try {
      for (const text of deltas) {
        yield { kind: "text-delta", text };
        signal.throwIfAborted();
      }
      if (ending === "hang") await untilAborted(signal);
    } catch (error) {
      this.aborted += 1;
      throw error;
    }
    if (ending instanceof EngineError) throw ending;
    if (ending === "break-off" || ending === "hang") return;
    yield { kind: "end", reason: ending, inputTokens: 1, outputTokens: deltas.length };
  }
}

function untilAborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener("abort", () => reject(signal.reason), { once: true });
  });
}
