import type { IntentHandler } from "#assistant/intent.ts";
import { spokenNumber, spokenOrdinal } from "#core/numbers.ts";
import type { Clock } from "#ports/clock.ts";
import type { LocalMoment, LocalTime } from "#ports/local-time.ts";

const WEEKDAYS = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];
const MONTHS = [
  "January",
  "February",
  "March",
  "April",
  "May",
  "June",
  "July",
  "August",
  "September",
  "October",
  "November",
  "December",
];

export interface CalendarDeps {
  readonly clock: Clock;
  readonly localTime: LocalTime;
  /** How the hour is told: "three twenty-five PM" or "fifteen twenty-five". */
  readonly hourCycle: 12 | 24;
}

/** Time, date, weekday, month and year. */
export function calendarIntents(
  deps: CalendarDeps,
): Record<"time" | "date" | "day" | "month" | "year", IntentHandler> {
  const now = () => deps.localTime.at(deps.clock.wallMs());
  return {
    time: () => ({ text: `It's ${spokenTime(now(), deps.hourCycle)}.` }),
    date: () => {
      const { weekday, month, day } = now();
      return { text: `It's ${WEEKDAYS[weekday - 1]}, ${MONTHS[month - 1]} ${spokenOrdinal(day)}.` };
    },
    day: () => ({ text: `It's ${WEEKDAYS[now().weekday - 1]}.` }),
    month: () => ({ text: `It's ${MONTHS[now().month - 1]}.` }),
    year: () => ({ text: `It's ${spokenYear(now().year)}.` }),
  };
}

/** A time of day in words an English voice says well. */
export function spokenTime({ hour, minute }: LocalMoment, hourCycle: 12 | 24): string {
  if (minute === 0 && hour === 0) return "midnight";
  if (minute === 0 && hour === 12) return "noon";
  const minutes = minute < 10 ? `oh ${spokenNumber(minute)}` : spokenNumber(minute);
  if (hourCycle === 24) return `${spokenNumber(hour)} ${minute === 0 ? "o'clock" : minutes}`;
  const half = hour < 12 ? "AM" : "PM";
  return `${spokenNumber(hour % 12 === 0 ? 12 : hour % 12)}${minute === 0 ? "" : ` ${minutes}`} ${half}`;
}

/** "twenty twenty-six", "two thousand and six". */
export function spokenYear(year: number): string {
  const century = Math.floor(year / 100);
  const rest = year % 100;
  if (rest < 10) return spokenNumber(year);
  return `${spokenNumber(century)} ${spokenNumber(rest)}`;
}
