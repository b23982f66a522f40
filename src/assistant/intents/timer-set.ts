import { type IntentCall, type IntentHandler, type IntentReply, sentence } from "#assistant/intent.ts";
import { parseDuration, spokenDuration } from "#assistant/spoken-duration.ts";
import { MAX_TIMER_MS, MIN_TIMER_MS, type Timers } from "#assistant/timers.ts";

/**
 * Setting a timer, in one sentence or two: "set a timer" – "For how long?" – "ten minutes".
 *
 * `timer-duration` is only an answer to that question.
 */
export function timerSetIntents(timers: Timers): Record<"timer-set" | "timer-duration", IntentHandler> {
  const set = (call: IntentCall, length: string, name: string | undefined): IntentReply => {
    const durationMs = parseDuration(length);
    if (durationMs === undefined || durationMs < MIN_TIMER_MS || durationMs > MAX_TIMER_MS) {
      return { text: "I can set timers from one second to twenty-four hours." };
    }
    const { satelliteId } = call.request;
    const timer = timers.set({ satelliteId, durationMs: Math.round(durationMs), name });
    if (!timer) return { text: "There are too many timers already. Cancel one first." };
    const label = name === undefined ? "timer" : `${name} timer`;
    return { text: `${sentence(label)} set for ${spokenDuration(durationMs)}.` };
  };
  return {
    "timer-set": (call) => {
      const { duration, name } = call.slots;
      if (duration !== undefined) return set(call, duration, name);
      call.conversation.question = { kind: "timer-length", name };
      return { text: "For how long?" };
    },
    "timer-duration": (call) => {
      const { duration = "" } = call.slots;
      return set(call, duration, call.question?.name);
    },
  };
}
