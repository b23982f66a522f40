import { LIKELY_LLR, SURE_LLR } from "#core/command-likelihood.ts";
import type { CoreEffect, CoreRequest } from "#ports/core.ts";
import { type Command, type CommandGrammar, commandsIn } from "./command-grammar.ts";
import type { Conversation, Exchange } from "./conversation.ts";
import type { IntentHandler } from "./intent.ts";
import { arithmeticIntent } from "./intents/arithmetic.ts";
import { type CalendarDeps, calendarIntents } from "./intents/calendar.ts";
import { conversationIntents } from "./intents/conversation.ts";
import { timerManageIntents } from "./intents/timer-manage.ts";
import { timerSetIntents } from "./intents/timer-set.ts";
import { volumeIntents } from "./intents/volume.ts";
import type { Timers } from "./timers.ts";

export interface LocalIntentsDeps extends CalendarDeps {
  readonly commands: CommandGrammar;
  readonly timers: Timers;
}

/** An utterance answered without a model. */
interface LocalAnswer {
  /** The intents that were found, joined by "+". */
  readonly intent: string;
  /** How surely: "exact", or the share of the template that was heard. */
  readonly reason: string;
  readonly text: string;
  readonly effects: readonly CoreEffect[];
}

/** Answers what it understands; undefined for everything else. What it does, it does before it returns. */
export type LocalIntents = (
  request: CoreRequest,
  conversation: Conversation,
  exchange: Exchange,
) => LocalAnswer | undefined;

/**
 * The commands Hearth carries out by itself.
 *
 * @throws {Error} when the grammar names an intent nobody carries out.
 */
export function createLocalIntents(deps: LocalIntentsDeps): LocalIntents {
  const handlers = new Map<string, IntentHandler>(
    Object.entries({
      ...calendarIntents(deps),
      ...timerSetIntents(deps.timers),
      ...timerManageIntents(deps.timers),
      ...volumeIntents,
      ...conversationIntents,
      arithmetic: arithmeticIntent,
    }),
  );
  for (const { name } of deps.commands.source.intents) {
    if (!handlers.has(name)) throw new Error(`nobody carries out the intent "${name}"`);
  }

  return (request, conversation, exchange) => {
    const question = conversation.takeQuestion();
    const commands = understood(deps.commands, request);
    if (!commands) return undefined;
    // A bare duration means something only as an answer.
    const answers = commands.some(({ intent }) => intent === "timer-duration");
    if (answers && (question === undefined || commands.length > 1)) return undefined;

    const replies = commands.map(({ intent, slots }) =>
      (handlers.get(intent) as IntentHandler)({ slots, request, conversation, exchange, question }),
    );
    const score = Math.min(...commands.map((command) => command.score));
    return {
      intent: commands.map(({ intent }) => intent).join("+"),
      reason: commands.some(({ heard }) => heard)
        ? "heard"
        : score === 1
          ? "exact"
          : `near, ${score.toFixed(2)}`,
      text: replies
        .map(({ text }) => text)
        .filter((text) => text !== "")
        .join(" "),
      effects: replies.flatMap(({ effects }) => effects ?? []),
    };
  };
}

/**
 * The commands in an utterance: as read from the sound where that is sure, else as the transcript says, else as read
 * from the sound where that is likely.
 */
function understood(
  grammar: CommandGrammar,
  { text, command }: CoreRequest,
): readonly (Command & { readonly heard?: boolean })[] | undefined {
  const heard = command && { intent: command.intent, slots: command.slots, score: 1, heard: true };
  const written = commandsIn(grammar, text);
  // A chain ("what time is it and …") is more than the grammar of single commands can hear.
  if (written && written.length > 1) return written;
  if (heard && command.llr > SURE_LLR) return [heard];
  if (written?.every(({ score }) => score === 1)) return written;
  return heard && command.llr > LIKELY_LLR ? [heard] : written;
}
