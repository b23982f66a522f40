import { durationAdjective, parseDuration } from "#assistant/spoken-duration.ts";
import type { Timer } from "#assistant/timers.ts";
import { wordSimilarity } from "#core/words.ts";

/** Recognisers spell a name anew each time ("pasta", "pastor"); below this it is another name. */
const SAME_NAME = 0.65;

/** Which timer a person means, by the slots `name` and `which` (its length). */
export interface TimerChoice {
  /** The timers that fit; all of them when nothing was said about it. */
  readonly timers: readonly Timer[];
  /** How the person called it; undefined when nothing was said about it. */
  readonly called: string | undefined;
}

/** "pasta timer", "ten minute timer". */
export function timerLabel({ name, durationMs }: Timer): string {
  return `${name ?? durationAdjective(durationMs)} timer`;
}

export function chooseTimers(
  timers: readonly Timer[],
  { name, which }: Readonly<Record<string, string>>,
): TimerChoice {
  if (which !== undefined) {
    const durationMs = parseDuration(which);
    return { timers: timers.filter((timer) => timer.durationMs === durationMs), called: which };
  }
  if (name === undefined) return { timers, called: undefined };
  const fits = (timer: Timer) => timer.name !== undefined && wordSimilarity(timer.name, name) >= SAME_NAME;
  return { timers: timers.filter(fits), called: name };
}

/** What a timer is said to be when it rings. */
export function ringText(timer: Timer): string {
  return `Your ${timerLabel(timer)} is done.`;
}
