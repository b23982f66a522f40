import { expect, test } from "bun:test";
import { systemLocalTime } from "./local-time.ts";

test("an instant is shown as the wall shows it in the zone", () => {
  const instant = Date.UTC(2026, 10, 20, 23, 5, 9);

  expect(systemLocalTime("Europe/Berlin").at(instant)).toEqual({
    year: 2026,
    month: 11,
    day: 21,
    weekday: 6,
    hour: 0,
    minute: 5,
    second: 9,
  });
  expect(systemLocalTime("America/New_York").at(instant)).toMatchObject({ day: 20, weekday: 5, hour: 18 });
});

test("daylight saving is followed", () => {
  const berlin = systemLocalTime("Europe/Berlin");

  expect(berlin.at(Date.UTC(2026, 2, 29, 0, 59, 59)).hour).toBe(1);
  expect(berlin.at(Date.UTC(2026, 2, 29, 1, 0, 0)).hour).toBe(3);
});

test("every weekday is told apart", () => {
  const utc = systemLocalTime("UTC");
  const week = [16, 17, 18, 19, 20, 21, 22].map((day) => utc.at(Date.UTC(2026, 10, day, 12)).weekday);

  expect(week).toEqual([1, 2, 3, 4, 5, 6, 7]);
});

test("without a zone it is the machine's", () => {
  expect(systemLocalTime().timeZone).toBe(Intl.DateTimeFormat().resolvedOptions().timeZone);
});

test("an unknown zone is refused when it is asked for", () => {
  expect(() => systemLocalTime("Mars/Olympus").at(0)).toThrow(RangeError);
});
