import type { IntentHandler } from "#assistant/intent.ts";

/** Commands about the conversation itself. */
export const conversationIntents: Record<"stop" | "repeat" | "heard" | "help", IntentHandler> = {
  stop: () => ({ text: "", effects: [{ kind: "stop" }] }),
  repeat: ({ conversation, exchange }) => {
    exchange.kind = "echo";
    return { text: conversation.lastReply() ?? "I haven't said anything yet." };
  },
  heard: ({ conversation, exchange }) => {
    exchange.kind = "echo";
    const utterance = conversation.utteranceBefore(exchange);
    if (utterance === undefined) return { text: "I haven't heard anything before." };
    // Ends with a full stop, so that quoting a question is not taken for asking one.
    return { text: `I heard: ${utterance.replace(/[\s\p{P}]+$/u, "")}.` };
  },
  help: () => ({
    text: "I can tell the time and the date, set timers, do simple sums, and change the volume.",
  }),
};
