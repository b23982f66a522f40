import { expect, test } from "bun:test";
import { killRounds } from "./support/kill-rounds.ts";

// `scripts/soak` does the same a hundred times.
test("15 times kill -9 under load: nothing acknowledged is lost, no number repeated, three clients resume exactly", async () => {
  const report = await killRounds(15);

  expect(report.violations).toEqual([]);
  expect(report.acknowledged).toBeGreaterThan(1000);
  expect(Math.min(...report.read)).toBeGreaterThan(1000);
}, 60_000);
