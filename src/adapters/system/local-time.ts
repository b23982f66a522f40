import type { LocalMoment, LocalTime } from "#ports/local-time.ts";

const WEEKDAYS: Readonly<Record<string, number>> = {
  Mon: 1,
  Tue: 2,
  Wed: 3,
  Thu: 4,
  Fri: 5,
  Sat: 6,
  Sun: 7,
};

/**
 * Local time by the runtime's time-zone data; without a zone, the machine's.
 *
 * The runtime's data is read when it is first asked, which takes some 10 ms.
 *
 * @throws {RangeError} from either member, for a zone the runtime does not know.
 */
export function systemLocalTime(timeZone?: string): LocalTime {
  let made: Intl.DateTimeFormat | undefined;
  const format = () => {
    made ??= formatIn(timeZone);
    return made;
  };
  return {
    get timeZone() {
      return format().resolvedOptions().timeZone;
    },
    at(wallMs): LocalMoment {
      const parts = new Map(
        format()
          .formatToParts(wallMs)
          .map(({ type, value }) => [type, value]),
      );
      const number = (type: Intl.DateTimeFormatPartTypes) => Number(parts.get(type));
      return {
        year: number("year"),
        month: number("month"),
        day: number("day"),
        weekday: WEEKDAYS[parts.get("weekday") ?? ""] ?? 1,
        hour: number("hour"),
        minute: number("minute"),
        second: number("second"),
      };
    },
  };
}

function formatIn(timeZone: string | undefined): Intl.DateTimeFormat {
  return new Intl.DateTimeFormat("en-US-u-ca-gregory-nu-latn", {
    ...(timeZone === undefined ? {} : { timeZone }),
    hourCycle: "h23",
    year: "numeric",
    month: "numeric",
    day: "numeric",
    weekday: "short",
    hour: "numeric",
    minute: "numeric",
    second: "numeric",
  });
}
