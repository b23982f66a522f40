import { expect, test } from "bun:test";
import fc from "fast-check";
import {
  durationAdjective,
  listed,
  parseDuration,
  spokenDuration,
  spokenRemaining,
} from "./spoken-duration.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

test("durations are read as people say them", () => {
  const said: Record<string, number> = {
    "ten minutes": 10 * MINUTE,
    "10 minute": 10 * MINUTE,
    "a minute": MINUTE,
    "an hour": HOUR,
    "half an hour": HOUR / 2,
    "a half hour": HOUR / 2,
    "half a minute": MINUTE / 2,
    "a quarter of an hour": HOUR / 4,
    "quarter of an hour": HOUR / 4,
    "three quarters of an hour": (3 * HOUR) / 4,
    "two and a half minutes": 2.5 * MINUTE,
    "an hour and a half": 1.5 * HOUR,
    "2.5 hours": 2.5 * HOUR,
    "one hour and thirty minutes": 1.5 * HOUR,
    "one hour two minutes and three seconds": HOUR + 2 * MINUTE + 3000,
  };

  expect(Object.keys(said).map(parseDuration)).toEqual(Object.values(said));
});

test("what is not a duration is not read", () => {
  const others = ["", "ten", "minutes", "ten pasta", "ten minutes pasta", "pasta minutes", "and minutes"];

  expect(others.map(parseDuration)).toEqual(others.map(() => undefined));
});

test("durations are said exactly", () => {
  expect([0, 1000, MINUTE, HOUR + 2 * MINUTE + 3000, 90 * MINUTE].map(spokenDuration)).toEqual([
    "zero seconds",
    "one second",
    "one minute",
    "one hour, two minutes and three seconds",
    "one hour and thirty minutes",
  ]);
});

test("before a noun a duration has no plural", () => {
  expect([10 * MINUTE, 90 * MINUTE].map(durationAdjective)).toEqual(["ten minute", "one hour thirty minute"]);
});

test("what is left is rounded up to what anybody wants to know", () => {
  expect([200, 59_001, 9.5 * MINUTE, 10.2 * MINUTE, 90.5 * MINUTE].map(spokenRemaining)).toEqual([
    "one second",
    "one minute",
    "nine minutes and thirty seconds",
    "eleven minutes",
    "one hour and thirty-one minutes",
  ]);
});

test("lists are joined as people do", () => {
  expect([[], ["a"], ["a", "b"], ["a", "b", "c"]].map(listed)).toEqual(["", "a", "a and b", "a, b and c"]);
});

test("every duration that is said can be read again", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 86_400 }), (seconds) => {
      expect(
        parseDuration(
          spokenDuration(seconds * 1000).replaceAll(/[,-]/gu, (sign) => (sign === "-" ? " " : "")),
        ),
      ).toBe(seconds * 1000);
    }),
  );
});
