import type { CoreEffect, CoreRequest } from "#ports/core.ts";
import type { Conversation, Exchange, OpenQuestion } from "./conversation.ts";

/** A command to carry out, and who gave it. */
export interface IntentCall {
  readonly slots: Readonly<Record<string, string>>;
  readonly request: CoreRequest;
  readonly conversation: Conversation;
  /** The exchange this call is part of. */
  readonly exchange: Exchange;
  /** What the assistant had asked before this utterance. */
  readonly question: OpenQuestion | undefined;
}

/** What is said and done in answer to a command. */
export interface IntentReply {
  /** To be spoken; empty for silence. */
  readonly text: string;
  readonly effects?: readonly CoreEffect[];
}

/** Carries out one kind of command. Synchronous and quick; never throws for anything a person may say. */
export type IntentHandler = (call: IntentCall) => IntentReply;

/** Begin a sentence: the first letter in upper case. */
export function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}`;
}
