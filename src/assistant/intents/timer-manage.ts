import { type IntentCall, type IntentHandler, sentence } from "#assistant/intent.ts";
import { listed, spokenRemaining } from "#assistant/spoken-duration.ts";
import type { Timer, Timers } from "#assistant/timers.ts";
import { spokenNumber } from "#core/numbers.ts";
import { chooseTimers, timerLabel } from "./timer-words.ts";

const NONE = { text: "There are no timers." };

/** Timers told at length; of more only the number is said besides. */
const MAX_TOLD = 5;

/** Asking for timers and cancelling them. */
export function timerManageIntents(
  timers: Timers,
): Record<"timer-left" | "timer-list" | "timer-cancel" | "timer-cancel-all", IntentHandler> {
  const listOf = (call: IntentCall) => timers.list(call.request.satelliteId);
  const left = (timer: Timer) => spokenRemaining(timers.remainingMs(timer));

  return {
    "timer-left": (call) => {
      const all = listOf(call);
      if (all.length === 0) return NONE;
      const { timers: meant, called } = chooseTimers(all, call.slots);
      if (meant.length === 0) return { text: `There is no ${called} timer.` };
      if (meant.length === 1 && meant[0]) {
        return { text: `${sentence(left(meant[0]))} left on the ${timerLabel(meant[0])}.` };
      }
      const told = meant
        .slice(0, MAX_TOLD)
        .map((timer) => `the ${timerLabel(timer)} has ${left(timer)} left`);
      return { text: `${sentence(listed(told))}.` };
    },
    "timer-list": (call) => {
      const all = listOf(call);
      if (all.length === 0) return NONE;
      const told = all.slice(0, MAX_TOLD).map((timer) => `the ${timerLabel(timer)} with ${left(timer)} left`);
      const count = all.length === 1 ? "one timer" : `${spokenNumber(all.length)} timers`;
      const first = all.length > MAX_TOLD ? " The next to ring are" : "";
      return { text: `You have ${count}${first === "" ? ":" : `.${first}`} ${listed(told)}.` };
    },
    "timer-cancel": (call) => {
      const all = listOf(call);
      if (all.length === 0) return NONE;
      const { timers: meant, called } = chooseTimers(all, call.slots);
      const [first] = meant;
      if (!first) return { text: `There is no ${called} timer.` };
      if (called === undefined && meant.length > 1) {
        const labels = meant.slice(0, MAX_TOLD).map((timer) => `the ${timerLabel(timer)}`);
        return { text: `You have ${listed(labels)}. Say, for example: cancel the ${timerLabel(first)}.` };
      }
      timers.cancel(first.id);
      return { text: `${sentence(timerLabel(first))} cancelled.` };
    },
    "timer-cancel-all": (call) => {
      const all = listOf(call);
      if (all.length === 0) return NONE;
      for (const timer of all) timers.cancel(timer.id);
      return { text: all.length === 1 ? "Timer cancelled." : "All timers cancelled." };
    },
  };
}
