import type { ModelMessage } from "#ports/language-model.ts";

/** One utterance and what was answered to it. */
export interface Exchange {
  readonly turnId: string;
  readonly utterance: string;
  /** The reply as far as it was given; shortened to what was heard once that is known. */
  reply: string;
  /** `echo` asks about the conversation itself ("what did you hear"); `failed` got no reply from the model. */
  kind: "ordinary" | "echo" | "failed";
}

/** A question the assistant has asked, until the next utterance. */
export type OpenQuestion = { readonly kind: "timer-length"; readonly name: string | undefined };

/** Exchanges remembered per session. */
export const MAX_EXCHANGES = 20;

/** What was said in one session, bounded to the last 20 exchanges. */
export class Conversation {
  #exchanges: Exchange[] = [];
  /** Set by the answer that asked; taken by the next utterance, whatever it is. */
  question: OpenQuestion | undefined;

  /** Remember an utterance; its reply is filled in as it is given. */
  begin(turnId: string, utterance: string): Exchange {
    const exchange: Exchange = { turnId, utterance, reply: "", kind: "ordinary" };
    this.#exchanges = [...this.#exchanges.slice(1 - MAX_EXCHANGES), exchange];
    return exchange;
  }

  /** Take the open question; it is asked no more. */
  takeQuestion(): OpenQuestion | undefined {
    const question = this.question;
    this.question = undefined;
    return question;
  }

  /** The last reply of which anything was heard; undefined when there is none. */
  lastReply(): string | undefined {
    return this.#exchanges.findLast(({ reply }) => reply !== "")?.reply;
  }

  /** What was said before the given exchange, leaving out questions about the conversation. */
  utteranceBefore(exchange: Exchange): string | undefined {
    return this.#exchanges.findLast((other) => other !== exchange && other.kind !== "echo")?.utterance;
  }

  /**
   * The conversation for a model: user and assistant in turns, beginning and ending with the user.
   *
   * Utterances that were never answered are joined to the next one; those the model failed on are left out,
   * unless the exchange is the last.
   */
  messages(): ModelMessage[] {
    const messages: { role: "user" | "assistant"; text: string }[] = [];
    for (const [index, exchange] of this.#exchanges.entries()) {
      if (exchange.kind === "failed" && index < this.#exchanges.length - 1) continue;
      const last = messages.at(-1);
      if (last?.role === "user") last.text += `\n${exchange.utterance}`;
      else messages.push({ role: "user", text: exchange.utterance });
      if (exchange.reply !== "") messages.push({ role: "assistant", text: exchange.reply });
    }
    return messages;
  }
}

/** Sessions remembered; the one unused longest is forgotten first. */
export const MAX_CONVERSATIONS = 1000;
/** Turns whose playback may still be reported. */
const MAX_REPORTABLE_TURNS = 2000;

/** The conversations of all sessions. */
export class Conversations {
  readonly #bySession = new Map<string, Conversation>();
  readonly #byTurn = new Map<string, Exchange>();

  /** The session's conversation, made when there is none. */
  open(sessionId: string): Conversation {
    const conversation = this.#bySession.get(sessionId) ?? new Conversation();
    keepNewest(this.#bySession, sessionId, conversation, MAX_CONVERSATIONS);
    return conversation;
  }

  /** Let `played` find the exchange. */
  register(exchange: Exchange): void {
    keepNewest(this.#byTurn, exchange.turnId, exchange, MAX_REPORTABLE_TURNS);
  }

  /** Shorten a turn's reply to what was heard of it. Unknown turns and longer texts change nothing. */
  played(turnId: string, heardText: string): void {
    const exchange = this.#byTurn.get(turnId);
    const heard = heardText.trim();
    if (exchange && heard.length < exchange.reply.length) exchange.reply = heard;
  }
}

function keepNewest<V>(map: Map<string, V>, key: string, value: V, limit: number): void {
  map.delete(key);
  map.set(key, value);
  for (const oldest of map.keys()) {
    if (map.size <= limit) return;
    map.delete(oldest);
  }
}
