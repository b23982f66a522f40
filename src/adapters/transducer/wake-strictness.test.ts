import { expect, test } from "bun:test";
import { wakeScore, wakeThreshold } from "./wake-strictness.ts";

test("a phrase that wakes at the default sensitivity scores a half or more", () => {
  expect(wakeScore(wakeThreshold(0.5))).toBe(0.5);
  expect(wakeScore(0)).toBeGreaterThan(0.95);
  expect(wakeScore(Number.NEGATIVE_INFINITY)).toBe(0);
});

test("the more sensitive, the less sure it must be, within bounds", () => {
  const thresholds = [-1, 0, 0.5, 1, 9].map(wakeThreshold);

  expect(thresholds).toEqual([-1.25, -1.25, -2.25, -3.25, -3.25]);
});
