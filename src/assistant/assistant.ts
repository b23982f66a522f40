import { EngineError } from "#core/faults.ts";
import type { Core, CorePart, CoreRequest } from "#ports/core.ts";
import type { LanguageModel, ModelRequest } from "#ports/language-model.ts";
import { type Conversation, Conversations, type Exchange } from "./conversation.ts";
import type { LocalIntents } from "./local-intents.ts";
import { systemPrompt } from "./system-prompt.ts";

/** Three short sentences are about 100 tokens; this leaves room for a recipe and bounds a model that rambles. */
const MAX_REPLY_TOKENS = 600;

const NO_MODEL = "I can only do timers, the time, and simple sums without a language model.";
const REFUSED = "I can't help with that.";

export interface AssistantDeps {
  readonly localIntents: LocalIntents;
  /** Answers what the local intents do not; undefined when none is configured. */
  readonly model: LanguageModel | undefined;
}

/**
 * The mind of the hub: local intents first, then the language model, then an honest apology.
 *
 * It remembers the last 20 exchanges of each of the last 1000 sessions. A reply that is cut off by an abort is
 * remembered as far as it was given.
 */
export function createAssistant(deps: AssistantDeps): Core {
  const conversations = new Conversations();

  return {
    async *process(request, signal) {
      signal.throwIfAborted();
      const conversation = conversations.open(request.sessionId);
      const exchange = conversation.begin(request.turnId, request.text);
      conversations.register(exchange);

      const parts = answer(deps, request, conversation, exchange, signal);
      for await (const part of parts) {
        if (part.kind === "text-delta") exchange.reply += part.text;
        yield part;
        signal.throwIfAborted();
      }
      yield { kind: "end", asks: asksBack(exchange.reply) };
    },
    played: (turnId, heardText) => conversations.played(turnId, heardText),
  };
}

/** Whether a reply ends with a question, in any script, quotes and brackets aside. */
export function asksBack(text: string): boolean {
  return /[?？؟⸮՞፧;][\s"'’”»)\]」』）]*$/u.test(text);
}

async function* answer(
  deps: AssistantDeps,
  request: CoreRequest,
  conversation: Conversation,
  exchange: Exchange,
  signal: AbortSignal,
): AsyncGenerator<CorePart> {
  const local = deps.localIntents(request, conversation, exchange);
  if (local) {
    yield { kind: "decision", by: "intent", intent: local.intent, reason: local.reason };
    for (const effect of local.effects) yield { kind: "effect", effect };
    if (local.text !== "") yield { kind: "text-delta", text: local.text };
  } else if (deps.model) {
    // Taken now: while the caller holds the decision, another turn of the session may begin.
    const asked: ModelRequest = {
      system: systemPrompt(request.room),
      messages: conversation.messages(),
      maxTokens: MAX_REPLY_TOKENS,
    };
    yield { kind: "decision", by: "model", intent: undefined, reason: "no local intent" };
    yield* modelReply(deps.model, asked, exchange, signal);
  } else {
    yield { kind: "decision", by: "apology", intent: undefined, reason: "no language model" };
    yield { kind: "text-delta", text: NO_MODEL };
  }
}

async function* modelReply(
  model: LanguageModel,
  asked: ModelRequest,
  exchange: Exchange,
  signal: AbortSignal,
): AsyncGenerator<CorePart> {
  let said = false;
  let ended = false;
  try {
    for await (const part of model.reply(asked, { signal })) {
      if (part.kind === "text-delta") {
        if (part.text === "") continue;
        said ||= part.text.trim() !== "";
        yield { kind: "text-delta", text: part.text };
        continue;
      }
      ended = true;
      if (!said && part.reason === "refusal") {
        said = true;
        yield { kind: "text-delta", text: REFUSED };
      }
    }
    if (!ended) throw new EngineError(model.name, "protocol", "the reply broke off");
    if (!said) throw new EngineError(model.name, "protocol", "the reply is empty");
  } catch (error) {
    // A barge-in is not a failure: what was asked and said so far stays in the conversation.
    signal.throwIfAborted();
    exchange.kind = "failed";
    throw error;
  }
}
