import { expect, test } from "bun:test";
import type { LocalMoment } from "#ports/local-time.ts";
import { spokenTime, spokenYear } from "./calendar.ts";

const at = (hour: number, minute: number): LocalMoment => ({
  year: 2026,
  month: 11,
  day: 20,
  weekday: 5,
  hour,
  minute,
  second: 0,
});

test("the time is told in twelve hours", () => {
  const told = [at(0, 0), at(0, 5), at(9, 30), at(12, 0), at(12, 1), at(15, 0), at(15, 25), at(23, 59)];

  expect(told.map((moment) => spokenTime(moment, 12))).toEqual([
    "midnight",
    "twelve oh five AM",
    "nine thirty AM",
    "noon",
    "twelve oh one PM",
    "three PM",
    "three twenty-five PM",
    "eleven fifty-nine PM",
  ]);
});

test("the time is told in twenty-four hours", () => {
  const told = [at(0, 0), at(0, 5), at(12, 0), at(15, 0), at(15, 25)];

  expect(told.map((moment) => spokenTime(moment, 24))).toEqual([
    "midnight",
    "zero oh five",
    "noon",
    "fifteen o'clock",
    "fifteen twenty-five",
  ]);
});

test("years are told in pairs, the first of a century in full", () => {
  expect([2026, 1999, 2006].map(spokenYear)).toEqual([
    "twenty twenty-six",
    "nineteen ninety-nine",
    "two thousand and six",
  ]);
});
